import Core
import Testing
import Training

/// The table of `dtrain debug --all-layers`.
@Suite struct AllLayersReportTests {
    /// A kind that has been added to the configuration is not forgotten here.
    @Test func everyKindHasCasesInEverySizeClass() {
        #expect(LayerCases.layers.keys.sorted() == Configuration.layerKindNames)
        #expect(LayerCases.losses.keys.sorted() == Configuration.lossKindNames)
        for (kind, sizes) in LayerCases.layers {
            for size in SizeClass.allCases { #expect(sizes[size]?.isEmpty == false, "\(size.rawValue) of \(kind)") }
        }
        for (kind, sizes) in LayerCases.losses {
            for size in SizeClass.allCases { #expect(sizes[size]?.isEmpty == false, "\(size.rawValue) of \(kind)") }
        }
    }

    @Test func everyCaseIsOfItsKindAndSize() throws {
        for (kind, sizes) in LayerCases.layers {
            for (size, cases) in sizes {
                for layer in cases {
                    #expect(try layer.layer().description.kind == kind)
                    expect(layer.inputShape, isOf: size, "\(layer)")
                }
            }
        }
        for (kind, sizes) in LayerCases.losses {
            for (size, shapes) in sizes {
                for shape in shapes { expect(shape, isOf: size, "\(kind) on \(shape)") }
            }
        }
        let layouts = SizeClass.allCases.map(\.batch.rows)
        #expect(layouts == [1, 11, 5, 11])
    }

    private func expect(_ shape: Shape, isOf size: SizeClass, _ what: String) {
        switch size {
        case .oneFeature: #expect(shape.elementCount == 1, "\(what)")
        case .oddSizes: #expect(shape.dimensions.allSatisfy { $0 % 16 != 0 }, "\(what)")
        case .oneRow, .severalShards: break
        }
    }

    @Test func everyGradientOfEveryKindIsRight() throws {
        let report = try AllLayersReport()
        #expect(report.failures == [])
        let sizes = SizeClass.allCases.count
        #expect(
            report.lines.count == sizes * (Configuration.layerKindNames.count + 2 * Configuration.lossKindNames.count))
        for line in report.lines {
            let what = "\(line.sizeClass.rawValue) of \(line.kind)"
            #expect(line.passes && line.tensorCount > 0, "\(what)")
            #expect(Set(line.rows.map(\.method)).isSuperset(of: [.elements, .dual]), "\(what)")
            // A gradient of 0 is accounted for, and the account is of one.
            #expect(
                line.zeros.isEmpty == (LayerCases.zeros[line.kind]?[line.sizeClass] == nil), "\(what): \(line.zeros)")
        }
        // One line for each, a head and a total, with a blank line around them.
        let table = report.description.split(separator: "\n\n")[1].split(separator: "\n")
        #expect(table.count == 2 + report.lines.count + 1)
        #expect(table.dropFirst(2).allSatisfy { $0.contains("pass") })
        #expect(table.last?.hasPrefix("total") == true)
    }

    @Test func aWrongGradientFailsAndIsNamed() throws {
        let layer = NamedLayer(name: "layer", description: WrongIdentity())
        let right = NamedLayer(name: "layer", description: TanhDescription())
        func subject(_ layer: NamedLayer, _ shape: Shape) -> (String, Shape, CheckSubject) {
            (layer.description.kind, shape, .layer(layer, inputShape: shape))
        }
        let report = AllLayersReport([
            try KindCheck("tanh", .oddSizes, [subject(right, [3])]),
            try KindCheck("wrong", .oneRow, [subject(right, [3]), subject(layer, [5])]),
        ])
        #expect(report.lines.map(\.passes) == [true, false])
        #expect(report.failures.count == 1)
        #expect(report.failures[0].hasPrefix("one row of wrong: the gradient of input is wrong ("))
        let table = report.description.split(separator: "\n")
        #expect(table.contains { $0.hasPrefix("wrong ") && $0.contains("[3] [5]") && $0.hasSuffix("FAIL") })
        #expect(table.contains { $0.hasPrefix("total ") && $0.contains("3 cases") && $0.hasSuffix("1 FAIL") })
    }

    /// A kind without a case is not skipped in silence.
    @Test func whatIsNotCheckedFails() throws {
        let report = AllLayersReport([try KindCheck(layer: "perceptron", .oneRow)])
        #expect(report.failures == ["one row of perceptron: nothing is checked"])
        #expect(report.description.contains("FAIL"))
    }
}
