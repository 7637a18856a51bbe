import Glibc

/// What a dataset or an attribute holds, whatever its type: what the file says, and nothing of where in the file it lies.
struct HDF5Value {
    enum Elements: Equatable {
        /// Numbers and the like: the elements one after the other, little-endian.
        case fixed([UInt8])
        /// Elements of any length: of strings the bytes, of references the paths that they lead to.
        case variable([[UInt8]])
    }

    /// How an element lies in memory.
    let layout: HDF5ElementLayout
    /// The type as the library encodes it, names of enumerations included.
    let type: [UInt8]
    /// Empty for one element alone; nil where there is no element at all.
    let shape: [Int]?
    let elements: Elements

    /// The type in words: `float32`, `string`.
    var typeName: String { layout.name }

    /// The number of elements.
    var count: Int { shape?.reduce(1, *) ?? 0 }

    /// Whether element `index` is the same bytes as element `other` of a value of the same type.
    ///
    /// - Complexity: no allocation.
    func isEqual(_ index: Int, _ second: HDF5Value, _ other: Int) -> Bool {
        switch (elements, second.elements) {
        case (.fixed(let bytes), .fixed(let others)):
            bytes.withUnsafeBytes { bytes in
                others.withUnsafeBytes { others in
                    let (size, otherSize) = (bytes.count / count, others.count / second.count)
                    return memcmp(
                        bytes.baseAddress! + index * size, others.baseAddress! + other * otherSize, size) == 0
                }
            }
        case (.variable(let texts), .variable(let others)): texts[index] == others[other]
        default: false
        }
    }

    /// The bytes of one element.
    func bytes(_ index: Int) -> ArraySlice<UInt8> {
        switch elements {
        case .fixed(let bytes):
            let size = bytes.count / count
            return bytes[(index * size)..<((index + 1) * size)]
        case .variable(let texts): return texts[index][...]
        }
    }

    /// One element as a person would write it, with all its digits.
    func text(_ index: Int) -> String {
        switch typeName {
        case Float.typeName: Self.text(number(index, as: Float.self), "\(hexadecimal(index))")
        case Double.typeName: Self.text(number(index, as: Double.self), "\(hexadecimal(index))")
        case Int64.typeName: "\(number(index, as: Int64.self))"
        case UInt64.typeName: "\(number(index, as: UInt64.self))"
        case "string": "\"\(String(decoding: bytes(index), as: UTF8.self))\""
        default: layout.text(bytes(index))
        }
    }

    /// How far an element is from one of another value of the same type; nil unless both are floating-point.
    func distance(_ index: Int, _ second: HDF5Value, _ other: Int) -> ULPDistance? {
        switch typeName {
        case Float.typeName: ULPDistance(number(index, as: Float.self), second.number(other, as: Float.self))
        case Double.typeName: ULPDistance(number(index, as: Double.self), second.number(other, as: Double.self))
        default: nil
        }
    }

    /// One element; the type in the file is `Element`.
    func number<Element: HDF5Element>(_ index: Int, as element: Element.Type) -> Element {
        bytes(index).withUnsafeBytes { $0.loadUnaligned(as: Element.self) }
    }

    private static func text<Number: BinaryFloatingPoint>(_ number: Number, _ bits: String) -> String {
        number.isNaN ? "nan (\(bits))" : "\(number)"
    }

    private func hexadecimal(_ index: Int) -> String { HDF5ElementLayout.hexadecimal(bytes(index)) }
}
