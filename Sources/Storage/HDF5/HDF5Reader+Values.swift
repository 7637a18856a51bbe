import CHDF5

extension HDF5Reader {
    /// Reads a dataset of any type.
    func value(_ path: String) throws(HDF5Error) -> HDF5Value {
        let dataset = try openDataset(path)
        let type = try HDF5Handle(.datatype, "H5Dget_type") { H5Dget_type(dataset.id) }
        let space = try HDF5Handle(.dataspace, "H5Dget_space") { H5Dget_space(dataset.id) }
        return try value(type.id, space.id) { memory, buffer throws(HDF5Error) in
            try HDF5.check("H5Dread") {
                H5Dread(dataset.id, memory, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer)
            }
        }
    }

    /// Reads an attribute of any type.
    func value(_ path: String, attribute name: String) throws(HDF5Error) -> HDF5Value {
        let attribute = try openAttribute(path, name)
        let type = try HDF5Handle(.datatype, "H5Aget_type") { H5Aget_type(attribute.id) }
        let space = try HDF5Handle(.dataspace, "H5Aget_space") { H5Aget_space(attribute.id) }
        return try value(type.id, space.id) { memory, buffer throws(HDF5Error) in
            try HDF5.check("H5Aread") { H5Aread(attribute.id, memory, buffer) }
        }
    }

    private func value(
        _ type: hid_t, _ space: hid_t, _ read: (hid_t, UnsafeMutableRawPointer) throws(HDF5Error) -> Void
    ) throws(HDF5Error) -> HDF5Value {
        let encoded = try encoding(of: type)
        let kind = try HDF5.check("H5Sget_simple_extent_type") { H5Sget_simple_extent_type(space).rawValue }
        guard kind != H5S_NULL.rawValue else {
            return HDF5Value(layout: try HDF5ElementLayout(type), type: encoded, shape: nil, elements: .fixed([]))
        }
        let shape = try extents(of: space)
        let count = shape.reduce(1, *)
        let nativeType = try HDF5Handle(.datatype, "H5Tget_native_type") { H5Tget_native_type(type, H5T_DIR_ASCEND) }
        let native = try HDF5ElementLayout(nativeType.id)
        var bytes = [UInt8](repeating: 0, count: count * native.size)
        let elements = try bytes.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) -> HDF5Value.Elements in
            guard let memory = UnsafeMutableRawPointer(buffer.baseAddress), count > 0 else { return .fixed([]) }
            try read(nativeType.id, memory)
            guard native.isVariable else { return .fixed(Array(buffer)) }
            var texts = [[UInt8]](repeating: [], count: count)
            for index in 0..<count {
                try native.append(UnsafeRawPointer(memory + index * native.size), of: file.id, to: &texts[index])
            }
            // Gives the library's memory of strings and lists back.
            try HDF5.check("H5Dvlen_reclaim") { H5Dvlen_reclaim(nativeType.id, space, hid_t(H5P_DEFAULT), memory) }
            return .variable(texts)
        }
        return HDF5Value(layout: native, type: encoded, shape: shape, elements: elements)
    }

    /// A type as the library writes it into files (`H5Tencode`).
    private func encoding(of type: hid_t) throws(HDF5Error) -> [UInt8] {
        var byteCount = 0
        try HDF5.check("H5Tencode") { H5Tencode(type, nil, &byteCount) }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        try HDF5.check("H5Tencode") { H5Tencode(type, &bytes, &byteCount) }
        return bytes
    }
}
