import CHDF5

/// How one element of a type lies in memory, so that elements of any type can be compared.
struct HDF5ElementLayout {
    private indirect enum Form {
        /// Bytes that mean what they are.
        case plain
        /// A pointer to a string that ends with a zero.
        case string
        /// The place of an object in the file.
        case reference
        /// A number of elements and a pointer to them.
        case list(HDF5ElementLayout)
        case array(HDF5ElementLayout, count: Int)
        case compound([(offset: Int, member: HDF5ElementLayout)])
    }

    /// The type in words: `float32`, `string`, `{dataset: reference, dimension: int32}`.
    let name: String
    /// The bytes of one element.
    let size: Int
    /// What an enumeration of one byte calls its values.
    let names: [UInt8: String]
    private let form: Form

    init(_ type: hid_t) throws(HDF5Error) {
        size = try HDF5.check("H5Tget_size") { H5Tget_size(type) }
        let bits = size * 8
        var names: [UInt8: String] = [:]
        var form = Form.plain
        switch try HDF5.check("H5Tget_class", { H5Tget_class(type).rawValue }) {
        case H5T_INTEGER.rawValue:
            name = (try HDF5.check("H5Tget_sign") { H5Tget_sign(type).rawValue } == 0 ? "uint" : "int") + "\(bits)"
        case H5T_FLOAT.rawValue: name = "float\(bits)"
        case H5T_ENUM.rawValue:
            name = "enumeration"
            if size == 1 { names = try Self.names(of: type) }
        case H5T_STRING.rawValue:
            name = "string"
            if try HDF5.check("H5Tis_variable_str", { H5Tis_variable_str(type) }) > 0 { form = .string }
        case H5T_REFERENCE.rawValue:
            name = "reference"
            let object = try HDF5.check("H5open") { dtrain_h5t_object_reference() }
            if try HDF5.check("H5Tequal", { H5Tequal(type, object) }) > 0 { form = .reference }
        case H5T_VLEN.rawValue:
            let element = try Self.base(of: type)
            name = "list of \(element.name)"
            form = .list(element)
        case H5T_ARRAY.rawValue:
            let element = try Self.base(of: type)
            name = "array of \(element.name)"
            form = .array(element, count: size / element.size)
        case H5T_COMPOUND.rawValue:
            let members = try Self.members(of: type)
            name = "{" + members.map { "\($0.name): \($0.member.name)" }.joined(separator: ", ") + "}"
            form = .compound(members.map { ($0.offset, $0.member) })
        default: name = "\(size) bytes"
        }
        self.form = form
        self.names = names
    }

    /// Whether an element is more, or less, than its bytes in memory.
    var isVariable: Bool {
        if case .plain = form { false } else { true }
    }

    /// Adds what an element says to `bytes`: a string its text, a list its length and its elements, a reference the path that
    /// it leads to, and no padding.
    func append(_ element: UnsafeRawPointer, of file: hid_t, to bytes: inout [UInt8]) throws(HDF5Error) {
        switch form {
        case .plain: bytes += UnsafeRawBufferPointer(start: element, count: size)
        case .string:
            guard let text = element.load(as: UnsafePointer<CChar>?.self) else { return }
            bytes += String(cString: text).utf8
        case .reference:
            guard element.load(as: hobj_ref_t.self) != 0 else {
                bytes.append(0)
                return
            }
            var path = [CChar](repeating: 0, count: 1024)
            try HDF5.check("H5Rget_name") { H5Rget_name(file, H5R_OBJECT, element, &path, path.count) }
            bytes += path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.utf8 + [0]
        case .list(let layout):
            let list = element.load(as: hvl_t.self)
            bytes += withUnsafeBytes(of: UInt64(list.len)) { Array($0) }
            for index in 0..<list.len { try layout.append(list.p! + index * layout.size, of: file, to: &bytes) }
        case .array(let layout, let count):
            for index in 0..<count { try layout.append(element + index * layout.size, of: file, to: &bytes) }
        case .compound(let members):
            for (offset, member) in members { try member.append(element + offset, of: file, to: &bytes) }
        }
    }

    /// What an element says, in words: `{/steps/loss, 0}`, `[/steps/step]`, `skipped_nonfinite`; else its bytes.
    ///
    /// - Parameter bytes: of an element of fixed size its own, of any other what `append` made of it.
    func text(_ bytes: ArraySlice<UInt8>) -> String {
        var rest = bytes
        return take(&rest)
    }

    /// Takes one element away from the front of `bytes`.
    private func take(_ bytes: inout ArraySlice<UInt8>) -> String {
        switch form {
        case .plain:
            defer { bytes = bytes.dropFirst(size) }
            let own = bytes.prefix(size)
            if let name = names[own.first ?? 0] { return name }
            return name == "int32"
                ? "\(own.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) })" : Self.hexadecimal(own)
        case .string:
            defer { bytes = [] }
            return String(decoding: bytes, as: UTF8.self)
        case .reference:
            let path = bytes.prefix { $0 != 0 }
            bytes = bytes.dropFirst(path.count + 1)
            return String(decoding: path, as: UTF8.self)
        case .list(let layout):
            let count = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            bytes = bytes.dropFirst(8)
            return "[" + (0..<count).map { _ in layout.take(&bytes) }.joined(separator: ", ") + "]"
        case .array(let layout, let count):
            return "[" + (0..<count).map { _ in layout.take(&bytes) }.joined(separator: ", ") + "]"
        case .compound(let members):
            return "{" + members.map { $0.member.take(&bytes) }.joined(separator: ", ") + "}"
        }
    }

    /// `0x` and the bytes, the last first.
    static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String { "0x" + Digest.hexadecimal(bytes.reversed()) }

    private static func base(of type: hid_t) throws(HDF5Error) -> HDF5ElementLayout {
        let base = try HDF5Handle(.datatype, "H5Tget_super") { H5Tget_super(type) }
        return try HDF5ElementLayout(base.id)
    }

    private static func members(
        of type: hid_t
    ) throws(HDF5Error) -> [(name: String, offset: Int, member: HDF5ElementLayout)] {
        var members: [(String, Int, HDF5ElementLayout)] = []
        let count = try HDF5.check("H5Tget_nmembers") { H5Tget_nmembers(type) }
        for index in 0..<UInt32(count) {
            let member = try HDF5Handle(.datatype, "H5Tget_member_type") { H5Tget_member_type(type, index) }
            let offset = try HDF5.check("H5Tget_member_offset") { H5Tget_member_offset(type, index) }
            members.append((try memberName(type, index), offset, try HDF5ElementLayout(member.id)))
        }
        return members
    }

    /// What an enumeration calls each value of its one byte.
    private static func names(of type: hid_t) throws(HDF5Error) -> [UInt8: String] {
        var names: [UInt8: String] = [:]
        let count = try HDF5.check("H5Tget_nmembers") { H5Tget_nmembers(type) }
        for index in 0..<UInt32(count) {
            var value: UInt8 = 0
            try HDF5.check("H5Tget_member_value") { H5Tget_member_value(type, index, &value) }
            names[value] = try memberName(type, index)
        }
        return names
    }

    private static func memberName(_ type: hid_t, _ index: UInt32) throws(HDF5Error) -> String {
        var name = ""
        try HDF5.check("H5Tget_member_name") {
            guard let text = H5Tget_member_name(type, index) else { return CInt(-1) }
            name = String(cString: text)
            return H5free_memory(text)
        }
        return name
    }
}
