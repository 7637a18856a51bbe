import Core
import Distributed

/// Times every layer's passes within a training step: from one tensor's end to the next one's, less what was waited.
final class LayerClock: PassObserver {
    /// What ends in the course of a step.
    struct Event {
        /// Nil for the loss.
        let layer: (any Layer<Float>)?
        let isBackward: Bool
        let hasInputGradient: Bool
        /// Of the step at hand, over its passes.
        fileprivate var elapsed = Duration.zero
        /// Of each step.
        fileprivate(set) var microseconds: [Double] = []
    }

    /// In the order of a pass.
    private(set) var events: [Event] = []
    private let waits: WaitCounter
    private var next = 0
    private var last = ContinuousClock.now
    private var lastWaits = Duration.zero

    init(waits: WaitCounter) {
        self.waits = waits
    }

    /// Ends a step: notes its times, or forgets them where it was one to warm up.
    func endStep(counts: Bool) {
        for index in events.indices {
            if counts { events[index].microseconds.append(events[index].elapsed / .microseconds(1)) }
            events[index].elapsed = .zero
        }
    }

    func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
        next = 0
        lastWaits = waits.duration
        last = ContinuousClock.now
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        note(layer, isBackward: false)
    }

    /// What is computed again is no layer's.
    func didRecompute(context: PassContext) {
        lastWaits = waits.duration
        last = ContinuousClock.now
    }

    func didForwardInside(layer: any Layer<Float>, output: TensorView<Float>, context: PassContext) {
        note(layer, isBackward: false)
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        note(nil, isBackward: true)
    }

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        note(layer, isBackward: true, hasInputGradient: inputGradient != nil)
    }

    func didBackwardInside(
        layer: any Layer<Float>, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>, context: PassContext
    ) {
        note(layer, isBackward: true, hasInputGradient: inputGradient != nil)
    }

    private func note(_ layer: (any Layer<Float>)?, isBackward: Bool, hasInputGradient: Bool = false) {
        let now = ContinuousClock.now
        if next == events.count {
            events.append(Event(layer: layer, isBackward: isBackward, hasInputGradient: hasInputGradient))
        }
        events[next].elapsed += now - last - (waits.duration - lastWaits)
        next += 1
        lastWaits = waits.duration
        last = ContinuousClock.now
    }
}
