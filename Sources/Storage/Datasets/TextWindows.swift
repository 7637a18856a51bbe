import Core

/// Samples that are stretches of a text: what is to come out at each place of one is the byte that follows there.
///
/// Window i has the `length` bytes from byte i · `stride` of its part of the text on; with the last one's follower a window
/// takes `length` + 1 bytes of the part, and none reaches over its border. Windows are views: however many there are and
/// however they overlap, the text is in memory once.
public struct TextWindows: Sendable {
    /// The values that a byte has.
    public static let classCount = 256

    /// The whole text, all parts of it.
    public let text: SampleNumbers<UInt8>
    /// The bytes that these windows are in.
    public let part: Range<Int>
    /// The bytes of a window, its places.
    public let length: Int
    /// The bytes from the beginning of a window to that of the next.
    public let stride: Int
    /// How many windows there are, at least 1.
    public let count: Int

    /// - Precondition: `part` is a part of the text; length and stride are at least 1.
    /// - Returns: nil if the part is too short for one window.
    public init?(_ text: SampleNumbers<UInt8>, part: Range<Int>, length: Int, stride: Int) {
        precondition(0 <= part.lowerBound && part.upperBound <= text.count, "\(part) of \(text.count) bytes")
        precondition(length >= 1 && stride >= 1, "windows of \(length) bytes every \(stride)")
        guard part.count > length else { return nil }
        self.text = text
        self.part = part
        self.length = length
        self.stride = stride
        count = (part.count - length - 1) / stride + 1
    }

    /// The same windows of the same text in other memory.
    func replacing(text: SampleNumbers<UInt8>) -> TextWindows {
        TextWindows(text, part: part, length: length, stride: stride)!
    }

    /// Where in the text window `index` begins.
    @inline(__always)
    func start(of index: Int) -> Int { part.lowerBound &+ index &* stride }
}
