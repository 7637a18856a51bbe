import CHDF5

/// That a scale belongs to one dimension of a dataset.
struct ScaleAttachment {
    let dataset: hobj_ref_t
    let dimension: Int32
    /// The file holds what lies in memory, so nothing may be left as it happens to be.
    let padding: Int32 = 0
}

/// Dimension scales, written as the library's `H5DSattach_scale` would, but each list once: that function rewrites the
/// scale's list for every dataset, which took 13 seconds and 900 MB for histograms of 1,200 parameters.
///
/// Source: HDF5 Dimension Scale Specification and Design Notes, 3.2: `DIMENSION_LIST` of a dataset holds for each dimension
/// references to its scales, `REFERENCE_LIST` of a scale the datasets and dimensions that it is attached to.
extension HDF5Writer {
    /// Writes a dataset's `DIMENSION_LIST`, and notes it for the scales' lists.
    ///
    /// - Parameter scales: for each dimension, the path of a scale that is in the file already, or nil.
    func attachScales(_ scales: [String?], to dataset: hid_t, at path: String) throws(HDF5Error) {
        guard scales.contains(where: { $0 != nil }) else { return }
        var references: [hobj_ref_t] = []
        for scale in scales {
            references.append(try scale.map { path throws(HDF5Error) in try reference(to: path) } ?? 0)
        }
        let own = try reference(to: path)
        for (dimension, scale) in scales.enumerated() {
            guard let scale else { continue }
            attachments[scale, default: []].append(ScaleAttachment(dataset: own, dimension: Int32(dimension)))
        }
        let object = try HDF5.check("H5open") { dtrain_h5t_object_reference() }
        let type = try HDF5Handle(.datatype, "H5Tvlen_create") { H5Tvlen_create(object) }
        try references.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            let lists = scales.indices.map { dimension in
                scales[dimension] == nil ? hvl_t(len: 0, p: nil) : hvl_t(len: 1, p: buffer.baseAddress! + dimension)
            }
            try lists.withUnsafeBufferPointer { lists throws(HDF5Error) in
                try attribute(
                    of: dataset, "DIMENSION_LIST", type: type.id, shape: [scales.count],
                    UnsafeRawPointer(lists.baseAddress!))
            }
        }
    }

    /// Writes the `REFERENCE_LIST` of every scale, once all datasets are there.
    func writeReferenceLists() throws(HDF5Error) {
        let type = try HDF5Types.scaleAttachment()
        for (path, entries) in attachments.sorted(by: { $0.key < $1.key }) {
            let scale = try HDF5Handle(.dataset, "H5Dopen2") { H5Dopen2(id, path, hid_t(H5P_DEFAULT)) }
            try entries.withUnsafeBufferPointer { entries throws(HDF5Error) in
                try attribute(
                    of: scale.id, "REFERENCE_LIST", type: type.id, shape: [entries.count],
                    UnsafeRawPointer(entries.baseAddress!))
            }
            try scale.close()
        }
    }

    private func reference(to path: String) throws(HDF5Error) -> hobj_ref_t {
        var reference: hobj_ref_t = 0
        try HDF5.check("H5Rcreate") { H5Rcreate(&reference, id, path, H5R_OBJECT, -1) }
        return reference
    }
}
