import Core

/// Shifts the images of training batches by whole pixels, each sample of each epoch by distances of its own.
///
/// Computes `y[i, j] = x[i − dy, j − dx]`, and 0 where that is outside of the image. dy and dx are uniform in −s … s: functions
/// of the seed, the sample's index in the dataset and the epoch, so that neither the place in a batch nor the number of ranks
/// has a say. Documentation/augmentation.md.
package final class ImageShift<Scalar: TrainingScalar> {
    private let pixels: Int
    private let height: Int
    /// The elements of one row of an image, and of one pixel.
    private let rowWidth: Int
    private let channels: Int
    private let seed: UInt64
    /// One image as it was.
    private let image: AlignedBuffer<Scalar>

    /// - Parameters:
    ///   - pixels: s, at least 0 and less than H and W.
    ///   - shape: of an image: [H, W], or [H, W, channels].
    ///   - seed: the run's seed.
    package init(pixels: Int, shape: Shape, seed: UInt64) {
        precondition(
            (2...3).contains(shape.rank) && (0..<min(shape.dimensions[0], shape.dimensions[1])).contains(pixels),
            "images of \(shape), shifted by \(pixels) pixels")
        self.pixels = pixels
        height = shape.dimensions[0]
        channels = shape.rank == 3 ? shape.dimensions[2] : 1
        rowWidth = shape.dimensions[1] * channels
        self.seed = seed
        image = AlignedBuffer(count: shape.elementCount)
    }

    /// Nil where the configuration asks for none.
    ///
    /// - Throws: `ConfigurationError` if it cannot be done with samples of this shape.
    package convenience init?(_ augmentation: Augmentation, shape: Shape, seed: UInt64) throws(ConfigurationError) {
        try augmentation.check(shape)
        guard case .shift(let pixels) = augmentation else { return nil }
        self.init(pixels: pixels, shape: shape, seed: seed)
    }

    /// (dy, dx) of a sample in an epoch: draws 0 and 1.
    package func distances(sample: Int, epoch: Int) -> (down: Int, right: Int) {
        func draw(_ axis: Int) -> Int {
            Philox.bounded(
                2 * pixels + 1, key: seed, position: sample, step: epoch, purpose: .augmentation, ordinal: axis)
                - pixels
        }
        return (draw(0), draw(1))
    }

    /// Shifts the images of consecutive rows in place.
    ///
    /// - Parameters:
    ///   - rows: one after the other.
    ///   - samples: the index in the dataset of each row's sample.
    /// - Complexity: no allocation.
    package func apply(
        to rows: UnsafeMutablePointer<Scalar>, samples: UnsafeBufferPointer<UInt32>, epoch: Int
    ) {
        for row in samples.indices {
            let (down, right) = distances(sample: Int(samples[row]), epoch: epoch)
            if down != 0 || right != 0 { shift(rows + row * image.count, down: down, right: right) }
        }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func shift(_ y: UnsafeMutablePointer<Scalar>, down: Int, right: Int) {
        image.base.update(from: y, count: image.count)
        y.update(repeating: .zero, count: image.count)
        let offset = right * channels
        for i in max(0, down)..<min(height, height + down) {
            (y + i * rowWidth + max(0, offset)).update(
                from: image.base + (i - down) * rowWidth + max(0, -offset), count: rowWidth - abs(offset))
        }
    }
}
