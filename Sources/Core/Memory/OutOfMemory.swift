/// What happens where the system has no memory left: a step that was begun cannot do without, and no caller could go on.
public enum OutOfMemory {
    /// Says what was wanted, and ends the process: a program may do so in its own way. To be set before threads are started.
    nonisolated(unsafe) public static var end: @Sendable (_ message: String) -> Never = { fatalError($0) }

    /// Ends the process if blocks of together `byteCount` bytes are more than all that the host could give: Linux promises more
    /// than it has, and kills who comes to use it.
    public static func check(_ byteCount: Int) {
        if let lack = FreeMemory.lack(for: byteCount) { end(lack) }
    }
}
