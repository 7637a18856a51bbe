/// Which code multiplies matrices.
public enum ProductBackend: String, Sendable, CaseIterable {
    /// The project's SIMD kernel: every output element is one chain of fused multiply-adds over k in increasing order, the
    /// same bits on every CPU.
    case native
    /// CBLAS: whatever order the library takes; for comparison. Scalars that it does not know run plain loops.
    case blas

    /// How the backend wants a weight, and its gradient, to lie.
    public var weightLayout: ParameterLayout {
        switch self {
        case .native: .columnPanels
        case .blas: .rowMajor
        }
    }
}
