import Foundation
import Glibc

/// The processes of a session, as `/proc` shows them: those that a launcher started are in groups of their own.
enum Session {
    /// Those alive in the session that `leader` began.
    static func processes(of leader: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            // The name, in parentheses, may hold anything; after it: state, parent, group, session.
            guard let text = read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 4 && fields[1] != "Z" && pid_t(fields[4]) == leader
        }
    }

    /// The process that the launcher `leader` started as rank `rank`; nil if there is none yet.
    static func rank(_ rank: Int, of leader: pid_t) -> pid_t? {
        let names = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"]
        return processes(of: leader).first { process in
            guard process != leader, read("/proc/\(process)/comm")?.hasPrefix("dtrain") ?? false,
                let environment = read("/proc/\(process)/environ")?.split(separator: "\0")
            else { return false }
            return names.contains { environment.contains("\($0)=\(rank)") }
        }
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
