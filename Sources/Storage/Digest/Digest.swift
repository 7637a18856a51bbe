/// SHA-256 of things that lie in memory at once, as 64 lower-case hexadecimal digits.
public enum Digest {
    public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
        let hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    public static func sha256(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { sha256($0) }
    }

    /// The digest of the text's UTF-8 bytes.
    public static func sha256(_ text: String) -> String {
        let hash = SHA256()
        hash.update(text)
        return hash.finish()
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
