import Storage
import Testing

@Suite struct FingerprintTests {
    /// The expected values are those of xxHash's own sanity check (`tests/sanity_test_vectors.h`), seed 0.
    @Test(
        arguments: [
            (0, 0x2D06_8005_38D3_94C2), (1, 0xC44B_DFF4_074E_ECDB), (6, 0x27B5_6A84_CD2D_7325),
            (2367, 0xCB37_AEB9_E5D3_61ED),
        ] as [(Int, UInt64)])
    func publishedValues(length: Int, expected: UInt64) {
        var generator: UInt64 = 2_654_435_761
        let bytes = (0..<length).map { _ in
            defer { generator &*= 11_400_714_785_074_694_797 }
            return UInt8(generator >> 56)
        }
        #expect(bytes.withUnsafeBytes { Fingerprint.hash($0) } == expected)
    }

    @Test func everyBitCounts() {
        var values = (0..<1024).map { Float($0) }
        let whole = Fingerprint.hash(values, count: 1024)
        for bit in stride(from: 0, to: 1024 * 32, by: 37) {
            func flip() { values[bit / 32] = Float(bitPattern: values[bit / 32].bitPattern ^ (1 << UInt32(bit % 32))) }
            flip()
            #expect(Fingerprint.hash(values, count: 1024) != whole, "bit \(bit)")
            flip()
        }
        #expect(Fingerprint.hash(values, count: 1024) == whole && Fingerprint.hash(values, count: 1023) != whole)
    }
}
