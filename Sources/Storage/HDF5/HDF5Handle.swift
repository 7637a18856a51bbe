import CHDF5

/// An identifier that this program opened, closed once: by `close`, which tells of failure, or with its owner.
struct HDF5Handle: ~Copyable {
    /// What it identifies, which decides how it is closed.
    enum Kind {
        case file
        case group
        case dataset
        case dataspace
        case datatype
        case attribute
        case propertyList
        case object
    }

    let id: hid_t
    private let kind: Kind

    /// Owns what `open`, a call of the library's `function`, opens.
    init(_ kind: Kind, _ function: String, _ open: () -> hid_t) throws(HDF5Error) {
        id = try HDF5.check(function, open)
        self.kind = kind
    }

    deinit {
        // Nobody is left to hear of a failure here; what has to be known is closed by `close`.
        _ = try? Self.close(id, kind)
    }

    consuming func close() throws(HDF5Error) {
        let (id, kind) = (id, kind)
        discard self
        try Self.close(id, kind)
    }

    private static func close(_ id: hid_t, _ kind: Kind) throws(HDF5Error) {
        switch kind {
        case .file: try HDF5.check("H5Fclose") { H5Fclose(id) }
        case .group: try HDF5.check("H5Gclose") { H5Gclose(id) }
        case .dataset: try HDF5.check("H5Dclose") { H5Dclose(id) }
        case .dataspace: try HDF5.check("H5Sclose") { H5Sclose(id) }
        case .datatype: try HDF5.check("H5Tclose") { H5Tclose(id) }
        case .attribute: try HDF5.check("H5Aclose") { H5Aclose(id) }
        case .propertyList: try HDF5.check("H5Pclose") { H5Pclose(id) }
        case .object: try HDF5.check("H5Oclose") { H5Oclose(id) }
        }
    }
}
