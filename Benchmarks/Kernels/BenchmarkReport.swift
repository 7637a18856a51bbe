import CBLAS
import CSystem

/// What was measured, for people or for programs.
struct BenchmarkReport {
    let repeats: Int
    let products: [ProductResult]
    let functions: [FunctionResult]
    let layers: [LayerResult]

    /// The kernel that OpenBLAS chose for this CPU, or was told to by OPENBLAS_CORETYPE.
    private var blasCore: String { String(cString: openblas_get_corename()) }
    private var vectorBits: Int { Int(dtrain_vector_bytes()) * 8 }

    var table: String {
        var lines = [
            "one core, \(vectorBits)-bit vectors, medians of up to \(repeats) rounds; OpenBLAS kernel \(blasCore), one thread",
            "",
            pad("product (rows×O×I)", 34) + pad("scalar", 8) + right("GFLOP/s", 9) + right("best", 9)
                + right("peak", 9) + right("share", 8) + right("goal", 7) + right("OpenBLAS", 10) + right("ratio", 7),
        ]
        for result in products {
            lines.append(
                pad(result.name, 34) + pad(result.scalar, 8) + right(fixed(result.native, 1), 9)
                    + right(fixed(result.nativeBest, 1), 9) + right(fixed(result.peak, 1), 9)
                    + right(fixed(100 * result.share, 1) + "%", 8)
                    + right(result.goal.map { fixed(100 * $0, 0) + "%" } ?? "", 7) + right(fixed(result.blas, 1), 10)
                    + right(fixed(result.ratio, 2), 7))
        }
        lines.append("")
        lines.append(pad("function", 34) + pad("scalar", 8) + right("ns/element", 12))
        for result in functions {
            lines.append(pad(result.name, 34) + pad(result.scalar, 8) + right(fixed(result.nanoseconds, 3), 12))
        }
        lines.append("")
        lines.append(pad("layer", 42) + right("ns/element", 12) + right("GB/s", 9))
        for result in layers {
            lines.append(
                pad(result.name, 42) + right(fixed(result.nanoseconds, 3), 12)
                    + right(fixed(result.gigabytesPerSecond, 1), 9))
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let productObjects = products.map {
            """
            {"name": "\($0.name)", "scalar": "\($0.scalar)", "gflops": \(fixed($0.native, 2)), \
            "gflops_best": \(fixed($0.nativeBest, 2)), "peak_gflops": \(fixed($0.peak, 2)), \
            "share_of_peak": \(fixed($0.share, 4)), "goal": \($0.goal.map { fixed($0, 2) } ?? "null"), \
            "openblas_gflops": \(fixed($0.blas, 2)), "ratio_to_openblas": \(fixed($0.ratio, 3))}
            """
        }
        let functionObjects = functions.map {
            """
            {"name": "\($0.name)", "scalar": "\($0.scalar)", "nanoseconds_per_element": \(fixed($0.nanoseconds, 4))}
            """
        }
        let layerObjects = layers.map {
            """
            {"name": "\($0.name)", "nanoseconds_per_element": \(fixed($0.nanoseconds, 4)), \
            "gigabytes_per_second": \(fixed($0.gigabytesPerSecond, 2))}
            """
        }
        return """
            {"vector_bits": \(vectorBits), "openblas_kernel": "\(blasCore)", "repeats": \(repeats),
             "products": [
              \(productObjects.joined(separator: ",\n  "))
             ],
             "functions": [
              \(functionObjects.joined(separator: ",\n  "))
             ],
             "layers": [
              \(layerObjects.joined(separator: ",\n  "))
             ]}
            """
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * scale).rounded())
        if digits == 0 { return "\(whole)" }
        let fraction = String(whole % Int(scale))
        return "\(whole / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
