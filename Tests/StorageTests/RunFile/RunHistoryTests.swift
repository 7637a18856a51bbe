import Core
import Storage
import Testing

@Suite struct RunHistoryTests {
    @Test func truncationForgetsWhatCameLater() {
        var history = Samples.history
        history.truncate(afterStep: 3, completedEpochs: 1)
        #expect(history.steps.map(\.step) == [1, 2, 3])
        #expect(history.events.map(\.step) == [2])
        #expect(history.timing.steps == [1, 2, 3])
        #expect(history.timing.phaseSeconds.count == 9)
        #expect(history.epochs.map(\.epoch) == [1])
        #expect(history.histograms.steps == [2])
        #expect(history.histograms.counts.count == history.histograms.rowCount)
        #expect(history.launches.count == 2)
        #expect(history.trace?.steps == [3] && history.trace?.hashes == [3, 3 << 60, ~3])
    }

    /// Appending again what was forgotten gives the same history.
    @Test func truncationAndReplay() {
        let whole = Samples.history
        for step in 0...5 {
            var history = whole
            history.steps[2].loss = 0
            let expected = history
            history.truncate(afterStep: step, completedEpochs: step / 3)
            for row in expected.steps where row.step > step { history.steps.append(row) }
            for row in expected.events where row.step > step { history.events.append(row) }
            for i in 0..<5 where expected.timing.steps[i] > step {
                history.timing.append(
                    step: expected.timing.steps[i], samplesPerSecond: expected.timing.samplesPerSecond[i],
                    phaseSeconds: Array(expected.timing.phaseSeconds[(3 * i)..<(3 * i + 3)]))
            }
            for row in expected.epochs where row.epoch > step / 3 { history.epochs.append(row) }
            for (i, at) in expected.histograms.steps.enumerated() where at > step {
                let size = expected.histograms.rowCount
                history.histograms.append(
                    step: at, counts: Array(expected.histograms.counts[(i * size)..<((i + 1) * size)]))
            }
            for (i, at) in expected.trace!.steps.enumerated() where at > step {
                expected.trace!.hashes[(3 * i)..<(3 * i + 3)].withUnsafeBufferPointer {
                    history.trace!.append(step: at, hashes: $0)
                }
            }
            #expect(history == expected)
        }
    }

    @Test func histogramsAreFoundByName() {
        let table = Samples.history.histograms
        #expect(table.rowCount == 3 * 3 * 135)
        let histogram = table.histogram(row: 1, .weights, parameter: 2)
        #expect(histogram.counts[0] == UInt64((3 + 2) * 135 * 4))
        #expect(histogram.exactZeros == UInt64(((3 + 2) * 135 + 134) * 4))
    }
}
