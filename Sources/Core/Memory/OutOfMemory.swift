/// What happens where the system has no memory left: a step that was begun cannot do without, and no caller could go on.
public enum OutOfMemory {
    /// Says what was wanted, and ends the process: a program may do so in its own way. To be set before threads are started.
    nonisolated(unsafe) public static var end: @Sendable (_ message: String) -> Never = { fatalError($0) }

    /// Blocks from here on are held against what is free.
    private static var large: Int { 64 << 20 }

    /// Ends the process if a block is larger than all that the host could give: Linux promises more than it has, and kills who
    /// comes to use it.
    public static func check(_ byteCount: Int) {
        guard byteCount >= large, let free = FreeMemory.bytes, byteCount > free else { return }
        end("no memory for \(byteCount) bytes: the host has \(free) left")
    }
}
