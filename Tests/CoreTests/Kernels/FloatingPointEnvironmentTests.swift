import Core
import Testing

struct FloatingPointEnvironmentTests {
    @Test func theProcessStartsInTheDefaultMode() throws {
        try FloatingPointEnvironment.check()
    }

    @Test func everyModeThatChangesResultsIsNamed() {
        #expect(FloatingPointEnvironment.unexpectedModes(controlRegister: 0x1F80) == [])
        #expect(FloatingPointEnvironment.unexpectedModes(controlRegister: 0x9F80) == ["flush to zero"])
        #expect(FloatingPointEnvironment.unexpectedModes(controlRegister: 0x1FC0) == ["denormals are zeros"])
        #expect(FloatingPointEnvironment.unexpectedModes(controlRegister: 0x3F80) == ["rounding is not to nearest"])
        #expect(FloatingPointEnvironment.unexpectedModes(controlRegister: 0xFFC0).count == 3)
    }
}
