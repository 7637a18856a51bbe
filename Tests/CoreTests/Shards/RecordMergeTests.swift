import Core
import Testing

struct RecordMergeTests {
    @Test func momentsMergeToThoseOfTheUnion() {
        // {1, 3} and {5, 5, 8}: of all, mean 4.4 and M2 27.2.
        var left: [Double] = [2, 2, 2]
        RecordMerge.moments.merge([3, 6, 6], into: &left, length: 3)
        #expect(left[0] == 5 && left[1].isClose(to: 4.4, 1e-15) && left[2].isClose(to: 27.2, 1e-14))
    }

    @Test func sumsAddElementByElement() {
        var left: [Float] = [1, 2]
        RecordMerge.sum.merge([3, 5], into: &left, length: 2)
        #expect(left == [4, 7])
    }
}
