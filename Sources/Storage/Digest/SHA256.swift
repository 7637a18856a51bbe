import CCrypto

#if _endian(big)
    #error("digests are over little-endian bytes, and hash memory as it lies")
#endif

/// SHA-256 of bytes that come in pieces, by libcrypto (`EVP_DigestInit_ex`, `EVP_DigestUpdate`, `EVP_DigestFinal_ex`).
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new() else { fatalError("no memory for a digest") }
        self.context = context
        Self.check(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        Self.check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
    }

    /// Adds the UTF-8 bytes of `text`.
    public func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// Adds numbers as their little-endian bytes, each NaN as the one quiet NaN 0x7fc00000, whatever its payload.
    public func update(_ values: UnsafeBufferPointer<Float>) {
        updateInBlocks(values) { $0.isNaN ? Float(bitPattern: 0x7fc0_0000) : $0 }
    }

    /// Adds numbers as their little-endian bytes, each NaN as the one quiet NaN 0x7ff8000000000000, whatever its payload.
    public func update(_ values: UnsafeBufferPointer<Double>) {
        updateInBlocks(values) { $0.isNaN ? Double(bitPattern: 0x7ff8_0000_0000_0000) : $0 }
    }

    /// The digest of everything added: 64 lower-case hexadecimal digits.
    public consuming func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        Self.check(EVP_DigestFinal_ex(context, &digest, &count))
        precondition(count == 32, "a SHA-256 of \(count) bytes")
        return Digest.hexadecimal(digest)
    }

    /// Copies through a small buffer, so that the caller's numbers stay as they are.
    @inline(__always)
    private func updateInBlocks<Value: BitwiseCopyable>(
        _ values: UnsafeBufferPointer<Value>, _ canonical: (Value) -> Value
    ) {
        let blockCount = 1024
        withUnsafeTemporaryAllocation(of: Value.self, capacity: blockCount) { block in
            for start in stride(from: 0, to: values.count, by: blockCount) {
                let count = min(blockCount, values.count - start)
                for i in 0..<count { block[i] = canonical(values[start + i]) }
                update(
                    UnsafeRawBufferPointer(
                        rebasing: UnsafeRawBufferPointer(block)[..<(count * MemoryLayout<Value>.stride)]))
            }
        }
    }

    /// The only place that looks at libcrypto's status: with SHA-256 it fails only when memory does.
    private static func check(_ status: Int32) {
        precondition(status == 1, "libcrypto failed to compute a SHA-256")
    }
}
