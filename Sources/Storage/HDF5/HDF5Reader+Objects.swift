import CHDF5

extension HDF5Reader {
    /// Something that has a path in a file.
    struct Object {
        enum Kind: Equatable {
            case group
            case dataset
            /// A type with a name.
            case datatype
            /// A soft or external link, with the bytes that say where it leads.
            case link([UInt8])
        }

        let path: String
        let kind: Kind
        /// Where it begins in the file: a file that was written in one go holds its objects in the order of writing.
        let address: hobj_ref_t
    }

    /// Everything in the file that has a path, the root first; what links lead to is not followed.
    func objects() throws(HDF5Error) -> [Object] {
        var objects: [Object] = []
        try collect("/", depth: 0, into: &objects)
        return objects
    }

    private func collect(_ path: String, depth: Int, into objects: inout [Object]) throws(HDF5Error) {
        guard depth < 64 else { throw HDF5Error("\(path) lies in more than 64 groups") }
        let object = try open(path)
        var address: hobj_ref_t = 0
        try HDF5.check("H5Rcreate") { H5Rcreate(&address, file.id, path, H5R_OBJECT, -1) }
        switch try HDF5.check("H5Iget_type", { H5Iget_type(object.id).rawValue }) {
        case H5I_DATASET.rawValue: objects.append(Object(path: path, kind: .dataset, address: address))
        case H5I_GROUP.rawValue:
            objects.append(Object(path: path, kind: .group, address: address))
            var info = H5G_info_t()
            try HDF5.check("H5Gget_info") { H5Gget_info(object.id, &info) }
            for index in 0..<info.nlinks {
                let name = try name(index, in: object.id)
                let below = path == "/" ? "/" + name : path + "/" + name
                if let target = try link(name, in: object.id) {
                    objects.append(Object(path: below, kind: .link(target), address: address))
                } else {
                    try collect(below, depth: depth + 1, into: &objects)
                }
            }
        default: objects.append(Object(path: path, kind: .datatype, address: address))
        }
    }

    /// Where a soft or external link leads; nil for what lies in the group itself.
    private func link(_ name: String, in group: hid_t) throws(HDF5Error) -> [UInt8]? {
        var byteCount = 0
        let type = try HDF5.check("H5Lget_info") { dtrain_h5l_type(group, name, &byteCount) }
        guard type != H5L_TYPE_HARD.rawValue else { return nil }
        var target = [UInt8](repeating: 0, count: byteCount)
        try HDF5.check("H5Lget_val") { H5Lget_val(group, name, &target, byteCount, hid_t(H5P_DEFAULT)) }
        return target
    }

    /// The names of what is attached to a group, dataset or type, in the order of their bytes.
    func attributeNames(_ path: String) throws(HDF5Error) -> [String] {
        let object = try open(path)
        var names: [String] = []
        _ = try withUnsafeMutablePointer(to: &names) { pointer throws(HDF5Error) in
            try HDF5.check("H5Aiterate2") {
                H5Aiterate2(
                    object.id, H5_INDEX_NAME, H5_ITER_INC, nil,
                    { _, name, _, context in
                        context!.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name!))
                        return 0
                    }, pointer)
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
