import CHDF5

/// The types and shapes of datasets and attributes beside plain numbers.
enum HDF5Types {
    /// UTF-8 strings of any length.
    static func string() throws(HDF5Error) -> HDF5Handle {
        let type = try HDF5Handle(.datatype, "H5Tcopy") { H5Tcopy(dtrain_h5t_c_string()) }
        // H5T_VARIABLE is all bits set.
        try HDF5.check("H5Tset_size") { H5Tset_size(type.id, -1) }
        try HDF5.check("H5Tset_cset") { H5Tset_cset(type.id, H5T_CSET_UTF8) }
        return type
    }

    /// One byte with named values.
    static func enumeration(_ names: [(name: String, value: UInt8)]) throws(HDF5Error) -> HDF5Handle {
        let type = try HDF5Handle(.datatype, "H5Tenum_create") { H5Tenum_create(dtrain_h5t_uint8()) }
        for (name, value) in names {
            try HDF5.check("H5Tenum_insert") {
                withUnsafePointer(to: value) { H5Tenum_insert(type.id, name, $0) }
            }
        }
        return type
    }

    /// The entries of a scale's `REFERENCE_LIST`, as `ScaleAttachment` lies in memory.
    static func scaleAttachment() throws(HDF5Error) -> HDF5Handle {
        let type = try HDF5Handle(.datatype, "H5Tcreate") {
            H5Tcreate(H5T_COMPOUND, MemoryLayout<ScaleAttachment>.stride)
        }
        let reference = try HDF5.check("H5open") { dtrain_h5t_object_reference() }
        let integer = try HDF5.check("H5open") { dtrain_h5t_int32() }
        let offset = MemoryLayout<ScaleAttachment>.offset(of: \.dimension)!
        try HDF5.check("H5Tinsert") { H5Tinsert(type.id, "dataset", 0, reference) }
        try HDF5.check("H5Tinsert") { H5Tinsert(type.id, "dimension", offset, integer) }
        return type
    }

    /// The extents of an array; one element where there are none.
    static func dataspace(_ shape: [Int]) throws(HDF5Error) -> HDF5Handle {
        guard !shape.isEmpty else { return try HDF5Handle(.dataspace, "H5Screate") { H5Screate(H5S_SCALAR) } }
        let extents = shape.map { hsize_t($0) }
        return try HDF5Handle(.dataspace, "H5Screate_simple") { H5Screate_simple(CInt(shape.count), extents, nil) }
    }

    /// What is done to a dataset's chunks on their way into the file.
    enum Filters {
        /// Strings of variable length lie elsewhere in the file, where no filter sees them.
        case none
        /// A Fletcher-32 checksum. Trained numbers are noise: deflate made checkpoints 8 times slower and 10 to 20 % smaller.
        case checksum
        /// Shuffled, deflated, with a Fletcher-32 checksum.
        case compression
    }

    /// How a dataset lies in the file: in chunks of whole rows, of at most 1 MiB. Times of change are left out, so that equal
    /// contents make equal files.
    static func creation(shape: [Int], elementSize: Int, filters: Filters) throws(HDF5Error) -> HDF5Handle {
        let list = try HDF5Handle(.propertyList, "H5Pcreate") { H5Pcreate(dtrain_h5p_dataset_create()) }
        try HDF5.check("H5Pset_obj_track_times") { H5Pset_obj_track_times(list.id, hbool_t(false)) }
        guard filters != .none, !shape.isEmpty, !shape.contains(0) else { return list }
        let chunk = chunkShape(shape, elementSize: elementSize).map { hsize_t($0) }
        try HDF5.check("H5Pset_chunk") { H5Pset_chunk(list.id, CInt(chunk.count), chunk) }
        if filters == .compression {
            try HDF5.check("H5Pset_shuffle") { H5Pset_shuffle(list.id) }
            try HDF5.check("H5Pset_deflate") { H5Pset_deflate(list.id, 4) }
        }
        try HDF5.check("H5Pset_fletcher32") { H5Pset_fletcher32(list.id) }
        return list
    }

    /// The array cut along its outer dimensions until a piece has at most 1 MiB.
    static func chunkShape(_ shape: [Int], elementSize: Int) -> [Int] {
        var chunk = shape
        for dimension in shape.indices {
            let inner = chunk[(dimension + 1)...].reduce(elementSize, *)
            chunk[dimension] = min(shape[dimension], max(1, (1 << 20) / inner))
            if chunk[dimension] > 1 { break }
        }
        return chunk
    }
}
