import Foundation
import Testing

extension CommandTests {
    /// What `Benchmarks/compare` and `Benchmarks/scaling` make of measurements.
    @Suite struct BenchmarkPageTests {
        @Test func figuresAreWhatTheMeasurementsSay() throws {
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("check_benchmarks.py").path
            let outcome = try RunningCommand("/usr/bin/python3", [script], in: "/").finish()
            #expect(outcome.status == 0 && outcome.errors.hasSuffix("OK\n"), "\(outcome)")
        }
    }
}
