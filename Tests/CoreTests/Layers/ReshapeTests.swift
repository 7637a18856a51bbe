import Core
import Testing

struct ReshapeTests {
    @Test func elementsKeepTheirOrder() throws {
        let network = try TestNetwork<Double>(ReshapeDescription([3, 2]), inputShape: [6], rowCounts: [1, 1])
        #expect(network.network.outputShape == [3, 2])
        let values = (0..<12).map { Double($0) }
        #expect(network.forward(values) == values)
        #expect(network.backward(values.reversed()) == values.reversed())
    }

    @Test func flatteningLeavesOneAxis() throws {
        let network = try TestNetwork<Double>(FlattenDescription(), inputShape: [2, 3, 4], rowCounts: [1])
        #expect(network.network.outputShape == [24])
    }

    @Test func anotherNumberOfElementsIsRefused() {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(ReshapeDescription([28, 27]), inputShape: [784], rowCounts: [1])
        }
        #expect(error?.description == "layer layer: [784] has 784 elements, and [28, 27] needs 756")
    }
}
