import Core
import Storage

/// Data small enough for many runs: patterns of 12 pixels in 4 classes, with noise.
enum SmallData {
    static let datasets = classes(train: 103, test: 31)
    static let pixelCount = 12
    static let classCount = 4
    static let valueCount = 2
    static let wholeNumberCount = 7

    /// Any number of samples; those of a smaller set are the first of a larger one.
    static func classes(train: Int, test: Int) -> Datasets {
        Datasets(train: make(count: train, seed: 1), test: make(count: test, seed: 2))
    }

    /// The same samples; the targets are the means of a sample's even and odd pixels.
    static func values(train: Int, test: Int) -> Datasets {
        let datasets = classes(train: train, test: test)
        return Datasets(train: withMeans(datasets.train), test: withMeans(datasets.test, octaves: 24))
    }

    /// The same samples and targets, with whole numbers from 0 in place of pixels.
    static func wholeNumbers(_ datasets: Datasets) -> Datasets {
        func coarse(_ dataset: Dataset) -> Dataset {
            guard case .bytes(let pixels) = dataset.images else { preconditionFailure("pixels are bytes here") }
            return Dataset(
                images: .floats(SampleNumbers(pixels.map { Float(Int($0) * wholeNumberCount / 256) })),
                originalShape: dataset.originalShape, targets: dataset.targets)
        }
        return Datasets(train: coarse(datasets.train), test: coarse(datasets.test))
    }

    private static func withMeans(_ dataset: Dataset, octaves: Int = 1) -> Dataset {
        guard case .bytes(let pixels) = dataset.images else { preconditionFailure("pixels are bytes here") }
        var means: [Float] = []
        for sample in 0..<dataset.count {
            for parity in 0..<2 {
                let values = stride(from: parity, to: 12, by: 2).map { Float(pixels[sample * 12 + $0]) / 255 }
                means.append(values.reduce(0, +) / 6 * Float(1 << (sample * 7 % octaves)))
            }
        }
        return Dataset(images: dataset.images, originalShape: [3, 4], targets: .values(means, [2]))
    }

    private static func make(count: Int, seed: UInt64) -> Dataset {
        var pixels: [UInt8] = []
        var classes: [Int32] = []
        for sample in 0..<count {
            let kind = sample % 4
            classes.append(Int32(kind))
            for pixel in 0..<12 {
                let counter = Philox.counter(
                    block: pixel, position: sample, step: 0, purpose: .initialWeights, ordinal: 99)
                let noise = Philox.block(key: seed, counter: counter).x % 120
                pixels.append(UInt8(noise) + (pixel % 4 == kind ? 130 : 0))
            }
        }
        return Dataset(images: .bytes(SampleNumbers(pixels)), originalShape: [3, 4], targets: .classes(classes))
    }

    /// Every kind of layer, dropout on, a last batch of 7 rows (fewer than there are shards).
    static let yaml = """
        network: [{linear: {outputs: 9, initializer: he}}, relu, batchnorm, {dropout: 0.25}, {linear: 7}, tanh, {linear: 5}, sigmoid, {linear: 4}]
        globalBatchSize: 32
        epochs: 3
        """
}
