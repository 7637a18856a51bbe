import Distributed
import Testing

@Suite struct GradientBucketsTests {
    @Test func bucketsAreWholeLayersFromTheLastOn() {
        func starts(_ firstElements: [Int], _ count: Int, _ bytes: Int) -> [Int] {
            GradientBuckets.starts(firstElements: firstElements, storageCount: count, minimumBytes: bytes)
        }
        // Layers without parameters begin where the next one does.
        #expect(starts([0, 100, 100, 180, 200], 210, 40) == [100, 180, 200])
        #expect(starts([0, 100, 100, 180, 200], 210, 41) == [100, 180])
        #expect(starts([0, 100, 100, 180, 200], 210, 121) == [100])
        #expect(starts([0, 100, 100, 180, 200], 210, 1000) == [])
        #expect(starts([0, 0, 100], 100, 4) == [])
        #expect(starts([], 0, 4) == [])
    }
}
