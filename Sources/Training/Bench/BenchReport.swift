import Foundation

/// What `dtrain bench` measured: the parts that were asked for. Documentation/bench.md says what each figure means.
public struct BenchReport: Sendable, Encodable {
    /// The version of dtrain.
    public let version = dtrainVersion
    /// The configuration after all defaults, as far as it determines the result, as YAML.
    public let config: String
    public internal(set) var machine: MachineReport?
    public internal(set) var products: [ProductRow]?
    public internal(set) var kernels: [KernelRow]?
    /// Nil without a launcher: there is nothing to reduce over, and no MPI to compare with.
    public internal(set) var reduction: ReductionReport?
    public internal(set) var step: StepReport?
    public internal(set) var backends: [BackendRow]?
    public internal(set) var memory: MemoryReport?

    init(config: String) {
        self.config = config
    }

    /// One JSON document: keys in snake case, units at their ends (`_us`, `_bytes`, `_gflops`, `_gb_per_s`); what was not
    /// measured is absent.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .custom { Key(Self.key($0.last!.stringValue)) }
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            preconditionFailure("a report holds numbers that JSON cannot: \(error)")
        }
    }

    /// `medianMicroseconds` becomes `median_us`.
    static func key(_ name: String) -> String {
        var key = ""
        for letter in name {
            if letter.isUppercase { key += "_" }
            key += letter.lowercased()
        }
        return key.replacing("gigabytes_per_second", with: "gb_per_s").replacing("microseconds", with: "us")
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// Tables for people.
    public var table: String {
        [
            machine?.table, products.map(ProductRow.table), kernels.map(KernelRow.table), reduction?.table, step?.table,
            backends.map(BackendRow.table), memory?.table,
        ].compactMap { $0 }.joined(separator: "\n\n")
    }
}

extension Double {
    /// For tables: `digits` places, those before the point not cut.
    func fixed(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
