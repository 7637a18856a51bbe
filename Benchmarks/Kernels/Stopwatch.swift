import Glibc

/// Times this thread alone, so that what others run on the machine disturbs as little as it can.
enum Stopwatch {
    /// The nanoseconds of processor time that `body` takes.
    static func nanoseconds(_ body: () -> Void) -> Double {
        let start = now()
        body()
        return now() - start
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

extension [Double] {
    /// The middle value.
    var median: Double { sorted()[count / 2] }
}
