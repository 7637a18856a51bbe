import Core
import Storage
import Testing

@Suite struct StepDumpFileTests {
    let folder = TemporaryFolder()

    @Test func arraysAreThere() throws {
        let path = folder.file("step.h5")
        try StepDumpFile(
            step: 3, loss: 2.5, config: "seed: 1\n", samples: [7, 4],
            activations: [
                .init(name: "input", shape: [2, 3], values: [1, 2, 3, 4, 5, .nan]),
                .init(name: "linear1", shape: [2, 1], values: [0.5, -0.5]),
            ],
            activationGradients: [.init(name: "linear1", shape: [2, 1], values: [1, 2])],
            gradients: [.init(name: "linear1/weight", shape: [3, 1], values: [0, -0.0, 1])]
        ).write(to: path)
        #expect(
            try Tools.script("read_with_h5py.py", "list", path) == [
                "/activation_gradients/linear1|float32|2,1|1|/samples|1.0 2.0",
                "/activations/input|float32|2,3|1|/samples|1.0 2.0 3.0 4.0 5.0 nan",
                "/activations/linear1|float32|2,1|1|/samples|0.5 -0.5",
                "/gradients/linear1/weight|float32|3,1|1||0.0 -0.0 1.0",
                "/samples|int64|2|1||7 4",
            ])
        #expect(
            try Tools.script("read_with_h5py.py", "attributes", path) == [
                "config|'seed: 1\\n'", "format|'dtrain-step'", "format_version|1", "loss|2.5", "step|3",
            ])
    }
}
