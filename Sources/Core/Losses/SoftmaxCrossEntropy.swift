/// L = −log p[target], p = softmax(Z): softmax and cross-entropy as one stable step from the logits Z.
///
/// Outputs [..., classes] have P places, as the steps of a sequence, each with a class of its own; a row's loss is the mean
/// over its places. Target values in place of a class are taken as a distribution t over the classes: L = −Σ t·log p.
/// Derivation: Documentation/softmax-cross-entropy.md.
public final class SoftmaxCrossEntropy<Scalar: TrainingScalar>: Loss {
    private let outputShape: Shape
    private var rows: LossRows<Scalar>?
    /// p of the last forward pass, [N, P, C], for the gradient; each place's filled up to whole vectors.
    private var probabilities: AlignedBuffer<Scalar>?
    /// How far apart the places are in it.
    private let stride: Int
    /// Of each place the largest logit, and the logarithm of Σ e^(Z − max), [N, P].
    private var largest: AlignedBuffer<Scalar>?
    private var logarithms: AlignedBuffer<Scalar>?
    /// Room for sixteen places of few classes, turned.
    private var block: AlignedBuffer<Scalar>?
    /// The losses of one row's places, [P].
    private var placeLosses: AlignedBuffer<Scalar>?
    private var targets: Targets<Scalar>?

    fileprivate init(outputShape: Shape) {
        self.outputShape = outputShape
        stride = LaneSlice.wholeVectors(outputShape.last)
    }

    public func prepare(limits: PassLimits) {
        let places = outputShape.rowCount
        rows = LossRows(limits: limits, places: places)
        placeLosses = AlignedBuffer(count: places)
        largest = AlignedBuffer(count: limits.rows * places)
        logarithms = AlignedBuffer(count: limits.rows * places)
        probabilities = AlignedBuffer(count: limits.rows * places * stride)
        block = AlignedBuffer(count: SoftmaxColumns<Scalar>.size * SoftmaxColumns<Scalar>.size)
    }

    public var rowLosses: UnsafePointer<Scalar> {
        guard let rows else { fatalError("softmaxCrossEntropy: used before prepare") }
        return UnsafePointer(rows.losses)
    }

    /// L[n] = mean over p of log Σ e^(Z[n, p, c] − max) − (Z[n, p, target] − max), max over the place's logits: nothing
    /// overflows, and a large logit loses nothing.
    public func forward(_ predictions: TensorView<Scalar>, targets: Targets<Scalar>, context: PassContext) {
        guard let rows else { fatalError("softmaxCrossEntropy: used before prepare") }
        require(
            predictions.sampleShape == outputShape,
            "softmaxCrossEntropy: expected predictions of shape \(outputShape), given \(predictions.sampleShape)")
        rows.expect(predictions.rows, of: "softmaxCrossEntropy")
        self.targets = targets
        normalize(predictions.base, count: predictions.rows * rows.places)
        score(predictions, targets, rows)
    }

    public func metrics(_ context: PassContext) -> BatchMetrics<Scalar.Accumulator> {
        guard let rows else { fatalError("softmaxCrossEntropy: used before prepare") }
        return rows.reduce(context)
    }

    /// dZ = (p − y) / (n·P) over the n rows of the global batch, y one-hot; of a distribution: (p·Σt − t) / (n·P).
    public func backward(into gradient: TensorView<Scalar>, context: PassContext) {
        guard let targets, let probabilities else {
            fatalError("softmaxCrossEntropy: backward before forward")
        }
        require(
            gradient.sampleShape == outputShape,
            "softmaxCrossEntropy: expected a gradient of shape \(outputShape), given \(gradient.sampleShape)")
        let places = Double(outputShape.rowCount)
        differentiate(
            probabilities.base, targets, into: gradient, scale: Scalar(1 / (places * Double(context.globalRows))))
    }

    /// Computes p of `count` places, and of each the largest logit and log Σ e^(Z − max).
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func normalize(_ z: UnsafePointer<Scalar>, count: Int) {
        guard let probabilities, let largest, let logarithms, let block else {
            fatalError("softmaxCrossEntropy: used before prepare")
        }
        let (p, largestOf, sums) = (probabilities.base, largest.base, logarithms.base)
        let (classes, stride) = (outputShape.last, stride)
        @inline(__always)
        func copy(_ places: Range<Int>) {
            for place in places {
                let row = z + place &* classes
                LaneSlice.forEach(of: classes) { $0.load(row).store(p + (place &* stride &+ $0.first)) }
            }
        }
        @inline(__always)
        func normalize<let height: Int>(_: SoftmaxRows<height, Scalar>.Type, from place: Int) {
            copy(place..<(place &+ height))
            let found = SoftmaxRows<height, Scalar>.normalize(p + place &* stride, stride: stride, scale: .one) { _ in
                classes
            }
            for r in 0..<height {
                largestOf[place &+ r] = found.largest[unchecked: r]
                sums[place &+ r] = found.sums[unchecked: r]
            }
        }
        var place = 0
        let size = SoftmaxColumns<Scalar>.size
        while classes <= size && place &+ size <= count {
            copy(place..<(place &+ size))
            SoftmaxColumns<Scalar>.normalize(
                p + place &* stride, count: classes, block.base, largest: largestOf + place, sums: sums + place)
            place &+= size
        }
        while place &+ 4 <= count {
            normalize(SoftmaxRows<4, Scalar>.self, from: place)
            place &+= 4
        }
        while place < count {
            normalize(SoftmaxRows<1, Scalar>.self, from: place)
            place &+= 1
        }
        for i in 0..<count { sums[i] = Scalar.log(sums[i]) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func score(_ predictions: TensorView<Scalar>, _ targets: Targets<Scalar>, _ rows: LossRows<Scalar>) {
        guard let placeLosses, let largest, let logarithms else {
            fatalError("softmaxCrossEntropy: used before prepare")
        }
        let classes = outputShape.last
        let places = rows.places
        let share = Scalar(1 / Double(places))
        for n in 0..<predictions.rows {
            for place in (n * places)..<((n + 1) * places) {
                let z = predictions.base + place * classes
                let loss: Scalar
                switch targets {
                case .classes(let classOf):
                    let target = rows.index(classOf[place], place: place, classes: classes)
                    rows.correct[place] = LossRows.isFirstLargest(target, of: z, count: classes)
                    loss = logarithms[place] - (z[target] - largest[place])
                case .values(let values):
                    let t = values + place * classes
                    rows.correct[place] = false
                    loss =
                        RowReduction.sum(t, count: classes) * logarithms[place]
                        - distances(of: z, from: largest[place], weightedBy: t)
                }
                placeLosses[place - n * places] = loss
            }
            rows.losses[n] =
                places == 1 ? placeLosses[0] : RowReduction.sum(placeLosses.base, count: places) * share
        }
    }

    /// Σ t·(Z − max) of a place.
    @inline(__always)
    private func distances(
        of z: UnsafePointer<Scalar>, from largest: Scalar, weightedBy t: UnsafePointer<Scalar>
    ) -> Scalar {
        let largest = Scalar.Lanes(repeating: largest)
        @inline(__always)
        func add(_ lanes: Scalar.Lanes, _ row: Int, _ place: LaneSlice) -> Scalar.Lanes {
            Scalar.Lanes.multiplyAdd(place.load(t), place.load(z) - largest, lanes)
        }
        let sum: InlineArray<1, Scalar> = RowReduction.sums(of: outputShape.last, add: add)
        return sum[0]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func differentiate(
        _ probabilities: UnsafePointer<Scalar>, _ targets: Targets<Scalar>, into gradient: TensorView<Scalar>,
        scale: Scalar
    ) {
        let classes = outputShape.last
        for place in (0..<gradient.rows).rows(each: outputShape.rowCount) {
            let p = probabilities + place * stride
            let dz = gradient.base + place * classes
            switch targets {
            case .classes(let classOf):
                let factor = Scalar.Lanes(repeating: scale)
                LaneSlice.forEach(of: classes) { $0.store($0.load(p) * factor, dz) }
                let target = Int(classOf[place])
                dz[target] = (p[target] - Scalar.one) * scale
            case .values(let values):
                let t = values + place * classes
                let weight = RowReduction.sum(t, count: classes)
                for c in 0..<classes { dz[c] = Scalar.multiplyAdd(p[c], weight, -t[c]) * scale }
            }
        }
    }
}

/// `loss: softmaxCrossEntropy`
public struct SoftmaxCrossEntropyDescription: LossDescription {
    public let kind = "softmaxCrossEntropy"

    public init() {}

    public func makeLoss<Scalar: TrainingScalar>(
        outputShape: Shape, scalar: Scalar.Type
    ) throws(ShapeError) -> any Loss<Scalar> {
        guard outputShape.rank >= 1 else {
            throw ShapeError(layer: kind, expected: "[…, classes]", given: outputShape)
        }
        return SoftmaxCrossEntropy<Scalar>(outputShape: outputShape)
    }
}
