import Core
import Distributed
import Storage
import Testing
import Training

/// Images that are shifted for training.
@Suite struct ImageShiftTests {
    /// The image shifted by the distances that `sample` has in `epoch`, moved by hand.
    private func moved(_ x: [Float], _ shape: Shape, down: Int, right: Int) -> [Float] {
        let (height, width) = (shape.dimensions[0], shape.dimensions[1])
        let channels = shape.rank == 3 ? shape.dimensions[2] : 1
        return (0..<x.count).map { element in
            let (i, j, c) = (
                element / channels / width - down, element / channels % width - right, element % channels
            )
            return (0..<height).contains(i) && (0..<width).contains(j) ? x[(i * width + j) * channels + c] : 0
        }
    }

    /// The example of Documentation/augmentation.md, among the nine shifts by up to one pixel.
    @Test func everyShiftIsThatOfTheFormula() throws {
        let x: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        let shift = ImageShift<Float>(pixels: 1, shape: [3, 3], seed: 1)
        var seen: [String: [Float]] = [:]
        for sample: UInt32 in 0..<200 {
            let (down, right) = shift.distances(sample: Int(sample), epoch: 0)
            let y = AlignedBuffer<Float>(count: 9)
            for i in 0..<9 { y[i] = x[i] }
            [sample].withUnsafeBufferPointer { shift.apply(to: y.base, samples: $0, epoch: 0) }
            seen["\(down) \(right)"] = Array(y.elements)
            #expect(Array(y.elements) == moved(x, [3, 3], down: down, right: right))
        }
        #expect(seen.count == 9)
        #expect(seen["1 -1"] == [0, 0, 0, 2, 3, 0, 5, 6, 0])
        #expect(seen["0 0"] == x)
    }

    /// Rows of several channels, images that are no squares, and shifts by all but one of their pixels.
    @Test(arguments: [[5, 3], [3, 5], [4, 3, 2], [2, 6, 3]])
    func imagesHaveAnyShape(dimensions: [Int]) throws {
        let shape = Shape(dimensions)
        let x = (1...shape.elementCount).map { Float($0) }
        let shift = ImageShift<Float>(pixels: min(dimensions[0], dimensions[1]) - 1, shape: shape, seed: 7)
        let samples = (0..<60).map { UInt32($0 * 3) }
        let rows = AlignedBuffer<Float>(count: 60 * x.count)
        for i in 0..<rows.count { rows[i] = x[i % x.count] }
        samples.withUnsafeBufferPointer { shift.apply(to: rows.base, samples: $0, epoch: 3) }
        for (row, sample) in samples.enumerated() {
            let (down, right) = shift.distances(sample: Int(sample), epoch: 3)
            let y = Array(rows.elements[(row * x.count)..<((row + 1) * x.count)])
            #expect(y == moved(x, shape, down: down, right: right), "\(down) \(right)")
        }
    }

    /// Of 40,000 draws each of the five distances of an axis has a fifth, within four standard deviations, and so has each of
    /// the 25 pairs: the axes are independent. Another epoch, sample or seed gives others.
    @Test func distancesAreUniformAndIndependent() {
        let shift = ImageShift<Float>(pixels: 2, shape: [9, 9], seed: 3)
        var counts = [Int](repeating: 0, count: 25)
        for sample in 0..<8000 {
            for epoch in 0..<5 {
                let (down, right) = shift.distances(sample: sample, epoch: epoch)
                counts[(down + 2) * 5 + right + 2] += 1
            }
        }
        // 40,000 · (1/25) · (24/25) = 39.2².
        for count in counts { #expect(abs(count - 1600) < 4 * 40) }
        let other = ImageShift<Float>(pixels: 2, shape: [9, 9], seed: 4)
        func same(_ a: (Int) -> (Int, Int), _ b: (Int) -> (Int, Int)) -> Int { (0..<2500).count { a($0) == b($0) } }
        let first = { shift.distances(sample: $0, epoch: 0) }
        for different in [
            { shift.distances(sample: $0, epoch: 1) }, { shift.distances(sample: $0 + 2500, epoch: 0) },
            { other.distances(sample: $0, epoch: 0) },
        ] {
            // A twenty-fifth by chance: 100 ± 4 · 9.8.
            #expect(abs(same(first, different) - 100) < 40)
        }
    }

    /// Keeps the inputs of training passes by sample, and whether inference ever saw one that is not in the file.
    private final class SeenImages: PassObserver {
        private(set) var images: [UInt32: [Float]] = [:]

        func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
            for (row, sample) in context.sampleIndices.enumerated() {
                images[sample] = (0..<inputs.width).map { inputs.row(row)[$0] }
            }
        }

        func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {}
        func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {}
        func didBackward(
            layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
            context: PassContext
        ) {}
    }

    /// Each sample of an epoch as training sees it, whatever rank has it.
    private func images(_ yaml: String, epoch: Int, ranks: Int = 1) throws -> [UInt32: [Float]] {
        let configuration = try Configuration(yaml: SmallData.yaml + "\n" + yaml)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(configuration, datasets: SmallData.datasets, communicator: communicator)
            let seen = SeenImages()
            trainer.network.observer = seen
            let steps = trainer.sampler.stepsPerEpoch
            for step in (epoch * steps)..<((epoch + 1) * steps) { _ = trainer.step(step) }
            return seen.images
        }.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }

    /// A sample is shifted alike whoever has it, wherever it stands in the epoch; and otherwise in the next epoch.
    @Test func aSamplesShiftIsItsOwn() throws {
        let plain = try images("augmentation: none", epoch: 0)
        let shifted = try images("augmentation: {shift: 2}", epoch: 0)
        let shift = ImageShift<Float>(pixels: 2, shape: [3, 4], seed: 1)
        #expect(plain.count == 103 && shifted.count == 103)
        for (sample, image) in plain {
            let (down, right) = shift.distances(sample: Int(sample), epoch: 0)
            #expect(shifted[sample] == moved(image, [3, 4], down: down, right: right))
        }
        #expect(try images("augmentation: {shift: 2}\nshuffle: false", epoch: 0, ranks: 3) == shifted)
        #expect(try images("augmentation: {shift: 2}\naccumulationSteps: 4", epoch: 0) == shifted)
        let next = try images("augmentation: {shift: 2}", epoch: 1)
        #expect(shifted.count { next[$0.key] != $0.value } > 60)
    }

    /// Parameters after some steps, and an evaluation before any and after them.
    private func outcome(_ yaml: String) throws -> (parameters: [UInt32], evaluations: [Evaluation]) {
        let trainer = try Trainer(
            Configuration(yaml: SmallData.yaml + "\n" + yaml), datasets: SmallData.datasets,
            communicator: SingleCommunicator())
        var evaluations = [trainer.evaluator.evaluate()]
        for step in 0..<6 { _ = trainer.step(step) }
        evaluations.append(trainer.evaluator.evaluate())
        let arena = trainer.network.arena
        return ((0..<arena.storageCount).map { arena.values[$0].bitPattern }, evaluations)
    }

    @Test func inferenceSeesWhatIsInTheFile() throws {
        let plain = try outcome("augmentation: none")
        let shifted = try outcome("augmentation: {shift: 2}")
        #expect(shifted.evaluations[0] == plain.evaluations[0])
        #expect(shifted.parameters != plain.parameters && shifted.evaluations[1] != plain.evaluations[1])
    }

    @Test func aShiftByNothingIsNone() throws {
        #expect(try outcome("augmentation: {shift: 0}") == outcome("augmentation: none"))
        #expect(try outcome("augmentation: none") == outcome(""))
    }

    @Test(arguments: [
        (3, [3, 4], "augmentation.shift.pixels: must be less than the 3 pixels"),
        (1, [12], "augmentation.shift: takes images of shape [height, width] or [height, width, channels]"),
        (1, [3, 2, 2, 1], "and the samples are [3, 2, 2, 1]"),
    ])
    func whatCannotBeShiftedIsRefused(pixels: Int, shape: [Int], part: String) throws {
        let images = Dataset(
            images: .bytes(SampleNumbers([UInt8](repeating: 1, count: 48))), originalShape: Shape(shape),
            targets: .classes([0, 1, 2, 3]))
        let configuration = try Configuration(yaml: "network: [{linear: 4}]\naugmentation: {shift: \(pixels)}")
        let error = #expect(throws: ConfigurationError.self) {
            try Trainer(
                configuration, datasets: Datasets(train: images, test: images), communicator: SingleCommunicator())
        }
        #expect(error?.description.contains(part) ?? false, "\(error.map { "\($0)" } ?? "")")
    }
}
