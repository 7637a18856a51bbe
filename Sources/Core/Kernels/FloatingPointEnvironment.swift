import CSystem

/// The floating-point mode that every result depends on: denormals kept, round to nearest.
///
/// A library built with `-ffast-math` may have changed it when it was loaded.
public enum FloatingPointEnvironment {
    /// A mode in which the same program gives other bits.
    public struct ModeError: Error, Hashable, CustomStringConvertible, Sendable {
        /// What is set and should not be, e.g. `flush to zero`.
        public let modes: [String]

        public var description: String {
            "the floating-point mode is not the default (\(modes.joined(separator: ", "))): results would differ from those "
                + "of other ranks; a library loaded into this process was probably built with -ffast-math"
        }
    }

    /// Flush to zero: results that would be denormal become 0.
    private static let flushToZero: UInt32 = 1 << 15
    /// Denormals are zeros: operands that are denormal count as 0.
    private static let denormalsAreZeros: UInt32 = 1 << 6
    /// The rounding direction; 0 is to nearest, ties to even.
    private static let roundingControl: UInt32 = 3 << 13

    /// Checks this thread's mode: the control register where it can be read, and arithmetic everywhere.
    ///
    /// - Throws: `ModeError` naming what is set.
    public static func check() throws(ModeError) {
        let modes = unexpectedModes(controlRegister: dtrain_mxcsr())
        if !modes.isEmpty { throw ModeError(modes: modes) }
        // Halving and doubling the smallest normal number passes through a denormal.
        let half = opaque(Double.leastNormalMagnitude) * 0.5
        if opaque(half) * 2 != Double.leastNormalMagnitude { throw ModeError(modes: ["denormals are lost"]) }
        // To nearest: 1 + 2⁻⁵⁴ is 1, and −1 − 2⁻⁵⁴ is −1.
        if opaque(1.0) + 0x1p-54 != 1 || opaque(-1.0) - 0x1p-54 != -1 || opaque(1.0) - 0x1p-55 != 1 {
            throw ModeError(modes: ["rounding is not to nearest"])
        }
    }

    /// What `controlRegister`, an MXCSR, has set that changes results.
    public static func unexpectedModes(controlRegister: UInt32) -> [String] {
        var modes: [String] = []
        if controlRegister & flushToZero != 0 { modes.append("flush to zero") }
        if controlRegister & denormalsAreZeros != 0 { modes.append("denormals are zeros") }
        if controlRegister & roundingControl != 0 { modes.append("rounding is not to nearest") }
        return modes
    }

    /// The same value, unknown to the optimiser, so that arithmetic on it happens when the program runs.
    @inline(never)
    @_optimize(none)
    private static func opaque(_ x: Double) -> Double { x }
}
