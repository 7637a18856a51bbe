import Core
import Foundation

/// The files that Tests/Fixtures/generate.py writes.
enum Fixture {
    static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures")
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try JSONDecoder().decode(Content.self, from: data)
    }

    /// `mix` of generate.py: 16 bits of a hash of two integers.
    static func mix(_ stream: Int, _ index: Int) -> Int {
        var z = UInt64(stream) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03
        z = z &+ 0x2545_F491_4F6C_DD1D
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) >> 48)
    }

    /// `numbers` of generate.py.
    static func numbers(_ stream: Int, count: Int, scale: Double) -> [Double] {
        (0..<count).map { Double(mix(stream, $0) - 32768) / 32768 * scale }
    }
}

extension [Double] {
    /// The largest difference from `expected`, relative to it or to 1 if that is more; infinite where the lengths differ or
    /// something is NaN.
    func distance(from expected: [Double]) -> Double {
        guard count == expected.count else { return .infinity }
        let distances = zip(self, expected).map { ($0 - $1).magnitude / Swift.max(1, $1.magnitude) }
        return distances.contains { $0.isNaN } ? .infinity : distances.max() ?? 0
    }
}
