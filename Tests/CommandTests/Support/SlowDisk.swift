import Testing

/// A disk that once takes longer for a file than ranks wait for one that has failed: as soon as there is a file `slow`.
enum SlowDisk {
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <unistd.h>
        int fsync(int file) {
            unsigned left = unlink("slow") == 0 ? 6 : 0;
            while (left > 0) left = sleep(left);
            return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
        }
        """

    /// Builds what `LD_PRELOAD` lays over the C library's `fsync`.
    ///
    /// - Returns: its path.
    static func library(in folder: TemporaryFolder) throws -> String {
        try folder.write(source, "slow.c")
        let path = folder.file("slow.so")
        let outcome = try RunningCommand("cc", ["-shared", "-fPIC", "-o", path, "slow.c"], in: folder.path).finish()
        try #require(outcome.status == 0, "\(outcome)")
        return path
    }
}
