import Core
import Storage
import Testing

@Suite struct SharedSamplesTests {
    /// All samples of both parts as numbers, in order.
    private static func samples(_ datasets: Datasets) -> [[Float]] {
        [datasets.train, datasets.test].map { dataset in
            let rows = AlignedBuffer<Float>(count: dataset.count * dataset.sampleShape.elementCount)
            (0..<UInt32(dataset.count)).map { $0 }.withUnsafeBufferPointer { dataset.copySamples($0, into: rows.base) }
            return Array(rows.elements)
        }
    }

    private static let pixels = (0..<130).map { UInt8(truncatingIfNeeded: $0 * 37) }

    private static func dataset(_ images: Dataset.Images, _ count: Int) -> Dataset {
        Dataset(images: images, originalShape: [2, 5], targets: .classes((0..<Int32(count)).map { $0 % 3 }))
    }

    private static var kinds: [Datasets] {
        [
            Datasets(
                train: dataset(.bytes(SampleNumbers(Array(pixels[..<70]))), 7),
                test: dataset(.bytes(SampleNumbers(Array(pixels[70...]))), 6)),
            Datasets(
                train: dataset(.floats(SampleNumbers(pixels[..<30].map { Float($0) / 7 })), 3),
                test: dataset(.floats(SampleNumbers(pixels[..<10].map { -Float($0) })), 1)),
            try! Datasets(text: ("text", pixels), length: 9, stride: 4, validation: 0.3),
        ]
    }

    /// Samples that were copied elsewhere are the same, and come from there: what is written there shows.
    @Test(arguments: 0..<3)
    func samplesElsewhereAreTheSame(kind: Int) {
        let own = Self.kinds[kind]
        let memory = AlignedBuffer<UInt8>(count: own.sampleBytes)
        own.copySamples(to: memory.base)
        let shared = own.samples(at: UnsafeRawPointer(memory.base), owner: memory)
        #expect(Self.samples(shared) == Self.samples(own))
        #expect(shared.digest == own.digest && shared.byteCount == own.byteCount)
        memory.elements.update(repeating: 0)
        #expect(Self.samples(shared).allSatisfy { $0.allSatisfy { $0 == 0 } })
        #expect(Self.samples(own) == Self.samples(Self.kinds[kind]))
    }

    /// What both parts take: images each their own, the second at a cache line; a text once.
    @Test func bytesAreCounted() {
        #expect(Self.kinds.map(\.sampleBytes) == [128 + 60, 128 + 40, 130])
    }
}
