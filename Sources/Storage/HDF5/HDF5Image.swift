import CHDF5
import Glibc

/// The bytes of an HDF5 file that lies in memory, handed over by the library when it closes the file.
///
/// Nothing of the library ever touches the disk: on a full one its own drivers report success where the data is lost, and
/// crash at exit. Here every byte is written by `AtomicFile`, and every error is the operating system's.
final class HDF5Image {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    deinit {
        free(memory)
    }

    /// The file's bytes, once it is closed: from the superblock's start to its end-of-file address.
    ///
    /// Source: HDF5 File Format Specification 3.0, II.A.2: version 2 of the superblock holds it in bytes 28…35.
    var bytes: UnsafeRawBufferPointer {
        guard let memory, capacity >= 48 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let count = Int(memory.loadUnaligned(fromByteOffset: 28, as: UInt64.self))
        precondition(count <= capacity, "an HDF5 image of \(count) bytes in \(capacity)")
        return UnsafeRawBufferPointer(start: memory, count: count)
    }

    /// File access in memory (`H5Pset_fapl_core`), with the formats of HDF5 1.8, whose metadata has checksums.
    ///
    /// The image must outlive the list and the file.
    func accessList() throws(HDF5Error) -> HDF5Handle {
        let list = try HDF5Handle(.propertyList, "H5Pcreate") { H5Pcreate(dtrain_h5p_file_access()) }
        try HDF5.check("H5Pset_fapl_core") { H5Pset_fapl_core(list.id, 1 << 20, hbool_t(false)) }
        try HDF5.check("H5Pset_libver_bounds") { H5Pset_libver_bounds(list.id, H5F_LIBVER_V18, H5F_LIBVER_V18) }
        var callbacks = H5FD_file_image_callbacks_t(
            image_malloc: { size, _, _ in malloc(size) },
            image_memcpy: { target, source, size, _, _ in memcpy(target!, source!, size) },
            image_realloc: { memory, size, _, context in HDF5Image.from(context).grow(memory, to: size) },
            image_free: { memory, operation, context in
                if operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE {
                    HDF5Image.from(context).memory = memory
                } else {
                    free(memory)
                }
                return 0
            },
            udata_copy: { $0 },
            udata_free: { _ in 0 },
            udata: Unmanaged.passUnretained(self).toOpaque())
        try HDF5.check("H5Pset_file_image_callbacks") { H5Pset_file_image_callbacks(list.id, &callbacks) }
        return list
    }

    private func grow(_ memory: UnsafeMutableRawPointer?, to size: Int) -> UnsafeMutableRawPointer? {
        let grown = realloc(memory, size)
        if grown != nil { capacity = size }
        return grown
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> HDF5Image {
        Unmanaged<HDF5Image>.fromOpaque(context!).takeUnretainedValue()
    }
}
