import CSystem
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

    #if arch(x86_64)
        /// Flush to zero, denormals are zeros, and the three other rounding directions.
        @Test(arguments: [1 << 15, 1 << 6, 1 << 13, 2 << 13, 3 << 13] as [UInt32])
        func whatAFastMathLibraryLeavesBehindIsFound(bits: UInt32) {
            let before = dtrain_mxcsr()
            dtrain_set_mxcsr(before | bits)
            let error = Result { try FloatingPointEnvironment.check() }
            dtrain_set_mxcsr(before)
            #expect(throws: FloatingPointEnvironment.ModeError.self) { try error.get() }
        }
    #endif
}
