import Storage
import Testing

@Suite struct DumpFileTests {
    let folder = TemporaryFolder()

    @Test func arraysAreThere() throws {
        let path = folder.file("dump.h5")
        let dump = DumpFile(
            step: 3, config: "seed: 1\n",
            items: [
                .init(
                    path: "/activations/linear1", shape: [2, 3], values: [1, 2, 3, 4, 5, .nan],
                    longName: "output of linear1"),
                .init(path: "/parameter_gradients/linear1/weight", shape: [1], values: [-0.1], longName: "gradient"),
            ])
        try dump.write(to: path)
        #expect(
            try Tools.script("read_with_h5py.py", "list", path) == [
                "/activations/linear1|float64|2,3|1||1.0 2.0 3.0 4.0 5.0 nan",
                "/parameter_gradients/linear1/weight|float64|1|1||-0.1",
            ])
        #expect(
            try Tools.script("read_with_h5py.py", "attributes", path) == [
                "config|'seed: 1\\n'", "format|'dtrain-dump'", "format_version|1", "step|3",
            ])
    }
}
