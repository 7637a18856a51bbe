import Foundation

/// A folder of floats in 3 classes, 96 samples of 12 numbers to train on, in which some samples are far too large: their
/// sums overflow in the first layer.
enum FloatData {
    /// - Parameter huge: the training samples that no network can take.
    static func write(to folder: String, huge: Set<Int> = []) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (part, count) in [("train", 96), ("t10k", 32)] {
            var numbers: [Float] = []
            for sample in 0..<count {
                let isHuge = part == "train" && huge.contains(sample)
                for i in 0..<12 {
                    let noise = Float((sample * 37 + i * 11) % 17) / 34
                    numbers.append(isHuge ? .greatestFiniteMagnitude : noise + (i % 3 == sample % 3 ? 1 : 0))
                }
            }
            try save(
                header(0x0D, [count, 12]) + numbers.flatMap { bigEndian($0.bitPattern) },
                "\(folder)/\(part)-images-idx2-float")
            try save(
                header(0x08, [count]) + (0..<count).map { UInt8($0 % 3) }, "\(folder)/\(part)-labels-idx1-ubyte")
        }
    }

    private static func save(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private static func header(_ type: UInt8, _ dimensions: [Int]) -> [UInt8] {
        [0, 0, type, UInt8(dimensions.count)] + dimensions.flatMap { bigEndian(UInt32($0)) }
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
