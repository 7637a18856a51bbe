import Core
import Storage

/// Gathers the rows of a batch from a dataset; pixels are divided by 255, the bytes of a text are not. For training the samples
/// may be changed on the way.
final class BatchLoader<Scalar: TrainingScalar> {
    private let dataset: Dataset
    private let shift: ImageShift<Scalar>?
    private let inputs: AlignedBuffer<Scalar>
    private let classes: AlignedBuffer<Int32>
    private let values: AlignedBuffer<Scalar>

    /// - Parameter shift: what the images are shifted by; nil to leave them as they are.
    init(_ dataset: Dataset, maximumRows: Int, shift: ImageShift<Scalar>? = nil) {
        self.dataset = dataset
        self.shift = shift
        inputs = AlignedBuffer(count: maximumRows * dataset.sampleShape.elementCount)
        switch dataset.targets {
        case .classes, .followers:
            classes = AlignedBuffer(count: maximumRows * dataset.classesPerSample)
            values = AlignedBuffer(count: 0)
        case .values(_, let shape):
            classes = AlignedBuffer(count: 0)
            values = AlignedBuffer(count: maximumRows * shape.elementCount)
        }
    }

    /// Fills the buffers with the samples at `indices`.
    ///
    /// - Parameter epoch: from 0: what a sample's shift depends on beside its index.
    /// - Returns: inputs [N] + sample shape, and targets, valid until the next call.
    /// - Complexity: no allocation.
    func load(
        _ indices: UnsafeBufferPointer<UInt32>, epoch: Int = 0
    ) -> (inputs: TensorView<Scalar>, targets: Targets<Scalar>) {
        dataset.copySamples(indices, into: inputs.base)
        shift?.apply(to: inputs.base, samples: indices, epoch: epoch)
        let view = TensorView(base: inputs.base, rows: indices.count, sampleShape: dataset.sampleShape)
        switch dataset.targets {
        case .classes, .followers:
            dataset.copyClasses(indices, into: classes.base)
            return (view, .classes(UnsafePointer(classes.base)))
        case .values:
            dataset.copyValues(indices, into: values.base)
            return (view, .values(UnsafePointer(values.base)))
        }
    }
}
