import Foundation

/// What one rank does wrong while the others wait for it.
enum Fault: String, CaseIterable {
    /// It ends the job.
    case abort
    /// It leaves with an error, without telling anybody.
    case exit
    /// It sends more than the other side takes.
    case truncation

    /// What the launcher returns then.
    var exitCode: Int32 {
        switch self {
        case .abort: 66
        case .exit: 65
        case .truncation: 70
        }
    }

    /// The fault that this process is to commit, if it was started for that.
    static var toCommit: Fault? {
        ProcessInfo.processInfo.environment["DTRAIN_TEST_FAULT"].flatMap { Fault(rawValue: $0) }
    }
}
