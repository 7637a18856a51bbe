import CHDF5
import Synchronization

/// An HDF5 file under construction, in memory.
final class HDF5Writer {
    /// The library takes two files in memory for one if they have one name.
    private static let nameCount = Atomic<Int>(0)

    private let image = HDF5Image()
    private var file: HDF5Handle?
    /// For each scale, by its path: the datasets that it is attached to.
    var attachments: [String: [ScaleAttachment]] = [:]

    /// - Parameter isMadeOfSmallDatasets: whether most datasets are one chunk; then the nodes of their chunks' indices hold 8
    ///   entries in place of 64, which makes such a file a third as large. HDF5 notes the time of creation in such files.
    init(isMadeOfSmallDatasets: Bool) throws(HDF5Error) {
        let creation = try HDF5Handle(.propertyList, "H5Pcreate") { H5Pcreate(dtrain_h5p_file_create()) }
        try HDF5.check("H5Pset_obj_track_times") { H5Pset_obj_track_times(creation.id, hbool_t(false)) }
        if isMadeOfSmallDatasets { try HDF5.check("H5Pset_istore_k") { H5Pset_istore_k(creation.id, 4) } }
        let access = try image.accessList()
        // The name never reaches a disk.
        let name = "dtrain-\(Self.nameCount.add(1, ordering: .relaxed).newValue)"
        file = try HDF5Handle(.file, "H5Fcreate") {
            H5Fcreate(name, dtrain_h5f_truncate(), creation.id, access.id)
        }
    }

    /// Closes the file and gives its bytes, which live as long as the result.
    func finish() throws(HDF5Error) -> HDF5Image {
        try writeReferenceLists()
        try HDF5.check("H5Fflush") { H5Fflush(id, H5F_SCOPE_GLOBAL) }
        try file.take()!.close()
        return image
    }

    var id: hid_t {
        switch file {
        case .some(let file): file.id
        case nil: preconditionFailure("the HDF5 file is finished")
        }
    }

    /// Makes a group, and those above it that are not there yet.
    func group(_ path: String) throws(HDF5Error) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if try HDF5.check("H5Lexists", { H5Lexists(id, made, hid_t(H5P_DEFAULT)) }) > 0 { continue }
            let creation = try HDF5Handle(.propertyList, "H5Pcreate") { H5Pcreate(dtrain_h5p_group_create()) }
            try HDF5.check("H5Pset_obj_track_times") { H5Pset_obj_track_times(creation.id, hbool_t(false)) }
            let group = try HDF5Handle(.group, "H5Gcreate2") {
                H5Gcreate2(id, made, hid_t(H5P_DEFAULT), creation.id, hid_t(H5P_DEFAULT))
            }
            try group.close()
        }
    }

    /// Makes a second name for what is at `target`.
    func softLink(_ path: String, to target: String) throws(HDF5Error) {
        try HDF5.check("H5Lcreate_soft") {
            H5Lcreate_soft(target, id, path, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
    }

    /// What a person should know about a dataset.
    struct Description {
        /// The unit, `1` for a plain number.
        let units: String
        /// What it is, in words.
        let longName: String
        /// For each dimension, the path of the dataset with its coordinates; nil or missing for none.
        var scales: [String?] = []
        /// For each dimension, its name.
        var labels: [String] = []
        /// Whether it is itself the coordinates of others.
        var isScale = false
        var filters = HDF5Types.Filters.compression
    }

    /// Writes an array of numbers.
    func write<Element: HDF5Element>(
        _ path: String, _ values: UnsafeBufferPointer<Element>, shape: [Int], _ description: Description
    ) throws(HDF5Error) {
        precondition(values.count == shape.reduce(1, *), "\(path): \(values.count) values for a shape of \(shape)")
        let type = try Element.datatype()
        try write(
            path, UnsafeRawPointer(values.baseAddress), type: type, elementSize: MemoryLayout<Element>.size,
            shape: shape,
            description)
    }

    /// Writes an array of numbers.
    func write<Element: HDF5Element>(
        _ path: String, _ values: [Element], shape: [Int]? = nil, _ description: Description
    ) throws(HDF5Error) {
        try values.withUnsafeBufferPointer { buffer throws(HDF5Error) in
            try write(path, buffer, shape: shape ?? [values.count], description)
        }
    }

    /// Writes named values of one byte.
    func write(
        _ path: String, _ values: [UInt8], names: [(name: String, value: UInt8)], _ description: Description
    ) throws(HDF5Error) {
        let type = try HDF5Types.enumeration(names)
        try values.withUnsafeBufferPointer { buffer throws(HDF5Error) in
            try write(
                path, UnsafeRawPointer(buffer.baseAddress), type: type.id, elementSize: 1, shape: [values.count],
                description)
        }
    }

    /// Writes strings.
    func write(_ path: String, _ values: [String], _ description: Description) throws(HDF5Error) {
        let type = try HDF5Types.string()
        var description = description
        description.filters = .none
        try withCStrings(values) { pointers throws(HDF5Error) in
            try write(
                path, UnsafeRawPointer(pointers), type: type.id, elementSize: MemoryLayout<UnsafePointer<CChar>>.size,
                shape: [values.count], description)
        }
    }

    private func write(
        _ path: String, _ values: UnsafeRawPointer?, type: hid_t, elementSize: Int, shape: [Int],
        _ description: Description
    ) throws(HDF5Error) {
        let (folder, _) = FileSystem.split(path)
        try group(folder)
        let space = try HDF5Types.dataspace(shape)
        let creation = try HDF5Types.creation(shape: shape, elementSize: elementSize, filters: description.filters)
        let dataset = try HDF5Handle(.dataset, "H5Dcreate2") {
            H5Dcreate2(id, path, type, space.id, hid_t(H5P_DEFAULT), creation.id, hid_t(H5P_DEFAULT))
        }
        if let values, !shape.contains(0) {
            try HDF5.check("H5Dwrite") {
                H5Dwrite(dataset.id, type, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), values)
            }
        }
        try attribute(of: dataset.id, "long_name", description.longName)
        try attribute(of: dataset.id, "units", description.units)
        if description.isScale {
            try HDF5.check("H5DSset_scale") { H5DSset_scale(dataset.id, FileSystem.split(path).name) }
        }
        let scales = description.scales + Array(repeating: nil, count: shape.count - description.scales.count)
        try attachScales(scales, to: dataset.id, at: path)
        for (dimension, label) in description.labels.enumerated() {
            try HDF5.check("H5DSset_label") { H5DSset_label(dataset.id, UInt32(dimension), label) }
        }
        try dataset.close()
    }
}
