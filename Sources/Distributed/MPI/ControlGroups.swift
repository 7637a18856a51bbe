import Glibc

/// The control groups that limit this process's CPU time.
///
/// Source: Linux, cgroups(7).
enum ControlGroups {
    /// The folders of this process's group and of those that it lies in, up to the mounted root, of both versions; some may not
    /// be there.
    ///
    /// - Parameter root: the folder in which /proc and /sys are.
    static func current(root: String) -> [String] {
        let lines = read("\(root)/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [String] in
            // NUMBER:CONTROLLERS:PATH; version 2 has no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let controllers = parts[1].split(separator: ",")
            guard controllers.isEmpty || controllers.contains("cpu") else { return [] }
            let roots =
                controllers.isEmpty
                ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] : ["/sys/fs/cgroup/\(parts[1])", "/sys/fs/cgroup/cpu"]
            return roots.flatMap { folder in ancestors(of: parts[2]).map { root + folder + $0 } }
        }
    }

    /// `/a/b`, `/a` and the root, which is the empty path.
    private static func ancestors(of path: Substring) -> [String] {
        let parts = path.split(separator: "/")
        return (0...parts.count).map { count in parts.prefix(count).map { "/\($0)" }.joined() }
    }

    /// A small file's text; nil if it cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
