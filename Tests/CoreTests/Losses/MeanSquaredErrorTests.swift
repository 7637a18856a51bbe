import Core
import Testing

struct MeanSquaredErrorTests {
    @Test func theLossIsTheMeanOverOutputs() throws {
        let loss = try TestLoss<Double>(MeanSquaredErrorDescription(), outputs: 2, rowCounts: [1, 1])
        let metrics = loss.forward([1, 2, 3, 4], values: [0, 0, 3, 6])
        // (1 + 4)/2 and (0 + 4)/2.
        #expect(loss.rowLosses == [2.5, 2] && metrics.lossSum == 4.5)
        #expect(metrics.correct == 0 && metrics.count == 2)
        // 2·(y − t)/(2·2).
        #expect(loss.gradient() == [0.5, 1, 0, -1])
    }

    @Test func aClassMeansItsOneHotRow() throws {
        let loss = try TestLoss<Double>(MeanSquaredErrorDescription(), outputs: 2, rowCounts: [2])
        let metrics = loss.forward([0.5, 0.25, 3, 1], classes: [0, 1])
        #expect(loss.rowLosses == [(0.25 + 0.0625) / 2, 4.5])
        #expect(metrics.correct == 1 && metrics.count == 2)
        #expect(loss.gradient() == [-0.25, 0.125, 1.5, 0])
    }

    @Test func aClassAtEachPlaceIsOneHotAlongTheLastAxis() throws {
        let loss = try TestLoss<Double>(MeanSquaredErrorDescription(), outputShape: [2, 2], rowCounts: [1, 1])
        let metrics = loss.forward([0.5, 0.25, 3, 1, 1, 0, 0, 1], classes: [0, 1, 0, 1])
        #expect(loss.rowLosses == [(0.25 + 0.0625 + 9) / 4, 0])
        #expect(metrics.correct == 3 && metrics.count == 2)
        // 2·(y − t)/(4·2).
        #expect(loss.gradient() == [-0.125, 0.0625, 0.75, 0, 0, 0, 0, 0])
    }

    @Test func aNaNMakesTheLossNaN() throws {
        let loss = try TestLoss<Float>(MeanSquaredErrorDescription(), outputs: 2, rowCounts: [2])
        let metrics = loss.forward([.nan, 0, 0, 1], classes: [0, 1])
        #expect(metrics.lossSum.isNaN && metrics.correct == 1)
    }
}
