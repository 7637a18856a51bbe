import Core
import Storage

/// Gathers the rows of a batch from a dataset; pixels are divided by 255, the bytes of a text are not.
final class BatchLoader<Scalar: TrainingScalar> {
    private let dataset: Dataset
    private let inputs: AlignedBuffer<Scalar>
    private let classes: AlignedBuffer<Int32>
    private let values: AlignedBuffer<Scalar>

    init(_ dataset: Dataset, maximumRows: Int) {
        self.dataset = dataset
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
    /// - Returns: inputs [N] + sample shape, and targets, valid until the next call.
    /// - Complexity: no allocation.
    func load(_ indices: UnsafeBufferPointer<UInt32>) -> (inputs: TensorView<Scalar>, targets: Targets<Scalar>) {
        dataset.copySamples(indices, into: inputs.base)
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
