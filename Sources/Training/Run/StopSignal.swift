import Glibc

/// Whether the run was asked to stop: TERM, INT (a keyboard's Ctrl-C) and USR1 (a batch system's warning).
///
/// The first signal sets a flag that the loop reads between steps; a second one of the same kind ends the process at once.
enum StopSignal {
    /// Written by the handler, read by the loop: a plain store, as the C standard allows in a handler.
    nonisolated(unsafe) private static let flag: UnsafeMutablePointer<sig_atomic_t> = {
        let flag = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: 1)
        flag.initialize(to: 0)
        return flag
    }()

    /// The signal that arrived, or 0.
    static var received: Int32 { flag.pointee }

    /// Catches the signals from now on.
    static func install() {
        _ = flag
        for signal in [SIGTERM, SIGINT, SIGUSR1] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { signal in StopSignal.flag.pointee = signal }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
            sigaction(signal, &action, nil)
        }
    }

    static func name(of signal: Int32) -> String {
        switch signal {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        default: "signal \(signal)"
        }
    }
}
