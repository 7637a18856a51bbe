import Storage
import Testing

/// Expected values are those of FIPS 180-2, appendix B, and of NIST's examples.
@Suite struct DigestTests {
    @Test func publishedExamples() {
        #expect(Digest.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Digest.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.sha256([0x61, 0x62, 0x63]) == Digest.sha256("abc"))
        #expect(
            Digest.sha256([UInt8](repeating: 0x61, count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func piecesMakeTheSameDigest() {
        let hash = SHA256()
        hash.update("a")
        hash.update("")
        [UInt8]([0x62, 0x63]).withUnsafeBytes { hash.update($0) }
        #expect(hash.finish() == Digest.sha256("abc"))
    }

    @Test func numbersAreTheirLittleEndianBytes() {
        let floats = (0..<3000).map { Float($0) }
        let hash = SHA256()
        floats.withUnsafeBufferPointer { hash.update($0) }
        #expect(hash.finish() == floats.withUnsafeBytes { Digest.sha256($0) })
        let one = SHA256()
        [Float(1)].withUnsafeBufferPointer { one.update($0) }
        #expect(one.finish() == Digest.sha256([0, 0, 0x80, 0x3f]))
    }

    @Test func everyNaNIsOne() {
        func digest(_ values: [Float]) -> String {
            let hash = SHA256()
            values.withUnsafeBufferPointer { hash.update($0) }
            return hash.finish()
        }
        func digest(_ values: [Double]) -> String {
            let hash = SHA256()
            values.withUnsafeBufferPointer { hash.update($0) }
            return hash.finish()
        }
        let floats: [UInt32] = [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0x7fff_ffff]
        #expect(Set(floats.map { digest([1, Float(bitPattern: $0)]) }).count == 1)
        #expect(digest([Float.nan]) == Digest.sha256([0, 0, 0xc0, 0x7f]))
        let doubles: [UInt64] = [0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0001, 0x7ff0_0000_0000_0001]
        #expect(Set(doubles.map { digest([Double(bitPattern: $0)]) }).count == 1)
        #expect(digest([Float(0)]) != digest([Float(-0.0)]))
    }
}
