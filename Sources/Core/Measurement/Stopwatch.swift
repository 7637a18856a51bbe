import Glibc

/// Times this thread alone, so that what others run on the machine disturbs as little as it can.
public enum Stopwatch {
    /// The nanoseconds of processor time that `body` takes.
    public static func nanoseconds(_ body: () -> Void) -> Double {
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
    public var median: Double { sorted()[count / 2] }

    /// The least value that at least a part of `share` of all values does not exceed: the nearest rank.
    public func percentile(_ share: Double) -> Double {
        sorted()[Swift.max(0, Swift.min(count - 1, Int((share * Double(count)).rounded(.up)) - 1))]
    }
}
