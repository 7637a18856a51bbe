import CHDF5

extension HDF5Writer {
    /// Attaches a string to a group or dataset.
    func attribute(_ path: String, _ name: String, _ value: String) throws(HDF5Error) {
        let object = try open(path)
        try attribute(of: object.id, name, value)
        try object.close()
    }

    /// Attaches strings to a group or dataset.
    func attribute(_ path: String, _ name: String, _ values: [String]) throws(HDF5Error) {
        let object = try open(path)
        try attribute(of: object.id, name, values, shape: [values.count])
        try object.close()
    }

    /// Attaches a number to a group or dataset.
    func attribute<Element: HDF5Element>(_ path: String, _ name: String, _ value: Element) throws(HDF5Error) {
        let object = try open(path)
        let type = try Element.datatype()
        try withUnsafePointer(to: value) { pointer throws(HDF5Error) in
            try attribute(of: object.id, name, type: type, shape: [], UnsafeRawPointer(pointer))
        }
        try object.close()
    }

    /// Attaches a string to an open object.
    func attribute(of object: hid_t, _ name: String, _ value: String) throws(HDF5Error) {
        try attribute(of: object, name, [value], shape: [])
    }

    private func attribute(of object: hid_t, _ name: String, _ values: [String], shape: [Int]) throws(HDF5Error) {
        let type = try HDF5Types.string()
        try withCStrings(values) { pointers throws(HDF5Error) in
            try attribute(of: object, name, type: type.id, shape: shape, UnsafeRawPointer(pointers))
        }
    }

    /// Attaches an array of any type to an open object.
    func attribute(
        of object: hid_t, _ name: String, type: hid_t, shape: [Int], _ value: UnsafeRawPointer
    ) throws(HDF5Error) {
        let space = try HDF5Types.dataspace(shape)
        let attribute = try HDF5Handle(.attribute, "H5Acreate2") {
            H5Acreate2(object, name, type, space.id, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
        try HDF5.check("H5Awrite") { H5Awrite(attribute.id, type, value) }
        try attribute.close()
    }

    private func open(_ path: String) throws(HDF5Error) -> HDF5Handle {
        try HDF5Handle(.object, "H5Oopen") { H5Oopen(id, path, hid_t(H5P_DEFAULT)) }
    }

    /// Lends C strings, as the library takes strings of variable length.
    ///
    /// - Precondition: no string holds a zero character.
    func withCStrings(
        _ values: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws(HDF5Error) -> Void
    ) throws(HDF5Error) {
        precondition(!values.contains { $0.utf8.contains(0) }, "a string with a zero character in it")
        let ends = values.reduce(into: [0]) { $0.append($0.last! + $1.utf8.count + 1) }
        let characters: [CChar] = values.flatMap { $0.utf8.map { CChar(bitPattern: $0) } + [0] } + [0]
        try characters.withUnsafeBufferPointer { buffer throws(HDF5Error) in
            let pointers = ends.map { UnsafePointer<CChar>?(buffer.baseAddress! + $0) }
            try pointers.withUnsafeBufferPointer { buffer throws(HDF5Error) in try body(buffer.baseAddress!) }
        }
    }
}
