import CHDF5

/// An HDF5 file read from memory, whose bytes have been held against their checksum already.
final class HDF5Reader {
    let file: HDF5Handle

    /// - Parameter bytes: the file from its superblock on; copied.
    init(_ bytes: ArraySlice<UInt8>) throws(HDF5Error) {
        file = try HDF5Handle(.file, "H5LTopen_file_image") {
            // The library copies the bytes, since no flag tells it otherwise, and does not write into the caller's.
            bytes.withUnsafeBufferPointer {
                H5LTopen_file_image(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count, 0)
            }
        }
    }

    /// The paths of all datasets below a group, in the order of their bytes; none if there is no such group.
    func datasetPaths(below path: String) throws(HDF5Error) -> [String] {
        if path != "/", try HDF5.check("H5Lexists", { H5Lexists(file.id, path, hid_t(H5P_DEFAULT)) }) == 0 { return [] }
        var paths: [String] = []
        try collect(path, into: &paths)
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func collect(_ path: String, into paths: inout [String]) throws(HDF5Error) {
        let object = try open(path)
        guard try HDF5.check("H5Iget_type", { H5Iget_type(object.id).rawValue }) == H5I_GROUP.rawValue else {
            paths.append(path)
            return
        }
        var info = H5G_info_t()
        try HDF5.check("H5Gget_info") { H5Gget_info(object.id, &info) }
        for index in 0..<info.nlinks {
            try collect(
                path == "/" ? "/" + name(index, in: object.id) : path + "/" + name(index, in: object.id), into: &paths)
        }
    }

    func name(_ index: UInt64, in group: hid_t) throws(HDF5Error) -> String {
        func read(_ buffer: UnsafeMutablePointer<CChar>?, _ count: Int) throws(HDF5Error) -> Int {
            try HDF5.check("H5Lget_name_by_idx") {
                H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, count, hid_t(H5P_DEFAULT))
            }
        }
        var name = [CChar](repeating: 0, count: try read(nil, 0) + 1)
        return try name.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            _ = try read(buffer.baseAddress, buffer.count)
            return String(cString: buffer.baseAddress!)
        }
    }

    /// Whether there is something at `path`, whose parent must be there.
    func exists(_ path: String) throws(HDF5Error) -> Bool {
        try HDF5.check("H5Lexists") { H5Lexists(file.id, path, hid_t(H5P_DEFAULT)) } > 0
    }

    /// The type and the extents of a dataset: `float32`, `[784, 256]`.
    func kind(of path: String) throws(HDF5Error) -> (typeName: String, shape: [Int]) {
        let dataset = try openDataset(path)
        let type = try HDF5Handle(.datatype, "H5Dget_type") { H5Dget_type(dataset.id) }
        var typeName = "another type"
        for element in [Float.self, Double.self, Int64.self, UInt64.self] as [any HDF5Element.Type] {
            let datatype = try element.datatype()
            if try HDF5.check("H5Tequal", { H5Tequal(type.id, datatype) }) > 0 { typeName = element.typeName }
        }
        return (typeName, try shape(of: dataset.id))
    }

    /// Reads an array of numbers, whose type in the file is exactly `Element`.
    func read<Element: HDF5Element>(_ path: String, as element: Element.Type) throws(HDF5Error) -> [Element] {
        let type = try Element.datatype()
        return try read(path, type: type, initial: Element.zero)
    }

    /// Reads named values of one byte.
    func read(
        _ path: String, names: [(name: String, value: UInt8)]
    ) throws(HDF5Error) -> [UInt8] {
        let type = try HDF5Types.enumeration(names)
        return try read(path, type: type.id, initial: 0)
    }

    /// Reads strings.
    func readStrings(_ path: String) throws(HDF5Error) -> [String] {
        let dataset = try openDataset(path)
        let type = try HDF5Types.string()
        let shape = try shape(of: dataset.id)
        let space = try HDF5Types.dataspace(shape)
        return try strings(count: shape.reduce(1, *), type: type.id, space: space.id) { buffer throws(HDF5Error) in
            try HDF5.check("H5Dread") {
                H5Dread(dataset.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer)
            }
        }
    }

    /// Reads a number attached to a group or dataset.
    func attribute<Element: HDF5Element>(
        _ path: String, _ name: String, as element: Element.Type
    ) throws(HDF5Error) -> Element {
        let attribute = try openAttribute(path, name)
        let type = try Element.datatype()
        var value = Element.zero
        try HDF5.check("H5Aread") { H5Aread(attribute.id, type, &value) }
        return value
    }

    /// Reads a string attached to a group or dataset.
    func attribute(_ path: String, _ name: String) throws(HDF5Error) -> String {
        let attribute = try openAttribute(path, name)
        let type = try HDF5Types.string()
        let space = try HDF5Types.dataspace([])
        return try strings(count: 1, type: type.id, space: space.id) { buffer throws(HDF5Error) in
            try HDF5.check("H5Aread") { H5Aread(attribute.id, type.id, buffer) }
        }[0]
    }

    /// Reads strings attached to a group or dataset.
    func attributeStrings(_ path: String, _ name: String) throws(HDF5Error) -> [String] {
        let attribute = try openAttribute(path, name)
        let type = try HDF5Types.string()
        let space = try HDF5Handle(.dataspace, "H5Aget_space") { H5Aget_space(attribute.id) }
        let count = Int(try HDF5.check("H5Sget_simple_extent_npoints") { H5Sget_simple_extent_npoints(space.id) })
        return try strings(count: count, type: type.id, space: space.id) { buffer throws(HDF5Error) in
            try HDF5.check("H5Aread") { H5Aread(attribute.id, type.id, buffer) }
        }
    }

    private func read<Element>(_ path: String, type: hid_t, initial: Element) throws(HDF5Error) -> [Element] {
        let dataset = try openDataset(path)
        let stored = try HDF5Handle(.datatype, "H5Dget_type") { H5Dget_type(dataset.id) }
        guard try HDF5.check("H5Tequal", { H5Tequal(stored.id, type) }) > 0 else {
            throw HDF5Error("\(path) is not of type \(Element.self)")
        }
        let count = try shape(of: dataset.id).reduce(1, *)
        var values = [Element](repeating: initial, count: count)
        guard count > 0 else { return values }
        try values.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            let memory = UnsafeMutableRawPointer(buffer.baseAddress!)
            try HDF5.check("H5Dread") {
                H5Dread(dataset.id, type, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), memory)
            }
        }
        return values
    }

    /// Copies the strings that `read` finds, and gives the library's memory back (`H5Dvlen_reclaim`).
    private func strings(
        count: Int, type: hid_t, space: hid_t, _ read: (UnsafeMutableRawPointer) throws(HDF5Error) -> herr_t
    ) throws(HDF5Error) -> [String] {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(1, count))
        return try pointers.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            let memory = UnsafeMutableRawPointer(buffer.baseAddress!)
            if count > 0 { _ = try read(memory) }
            let strings = buffer[..<count].map { $0.map { String(cString: $0) } ?? "" }
            try HDF5.check("H5Dvlen_reclaim") { H5Dvlen_reclaim(type, space, hid_t(H5P_DEFAULT), memory) }
            return strings
        }
    }

    func shape(of dataset: hid_t) throws(HDF5Error) -> [Int] {
        let space = try HDF5Handle(.dataspace, "H5Dget_space") { H5Dget_space(dataset) }
        return try extents(of: space.id)
    }

    func extents(of space: hid_t) throws(HDF5Error) -> [Int] {
        let rank = try HDF5.check("H5Sget_simple_extent_ndims") { H5Sget_simple_extent_ndims(space) }
        var extents = [hsize_t](repeating: 0, count: max(1, Int(rank)))
        try HDF5.check("H5Sget_simple_extent_dims") { H5Sget_simple_extent_dims(space, &extents, nil) }
        return extents[..<Int(rank)].map { Int($0) }
    }

    func open(_ path: String) throws(HDF5Error) -> HDF5Handle {
        try HDF5Handle(.object, "H5Oopen") { H5Oopen(file.id, path, hid_t(H5P_DEFAULT)) }
    }

    func openDataset(_ path: String) throws(HDF5Error) -> HDF5Handle {
        try HDF5Handle(.dataset, "H5Dopen2") { H5Dopen2(file.id, path, hid_t(H5P_DEFAULT)) }
    }

    func openAttribute(_ path: String, _ name: String) throws(HDF5Error) -> HDF5Handle {
        try HDF5Handle(.attribute, "H5Aopen_by_name") {
            H5Aopen_by_name(file.id, path, name, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
    }
}
