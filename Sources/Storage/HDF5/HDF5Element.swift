import CHDF5

/// A number that datasets hold, in memory as in the file.
protocol HDF5Element: BitwiseCopyable, Sendable {
    /// What Swift and numpy call it, for messages.
    static var typeName: String { get }
    static var zero: Self { get }
    /// The library's name for it. The caller holds the lock.
    static var predefinedType: hid_t { get }
}

extension HDF5Element {
    /// The library's identifier of the type, which is never closed.
    static func datatype() throws(HDF5Error) -> hid_t {
        try HDF5.check("H5open") { predefinedType }
    }
}

extension Float: HDF5Element {
    static var typeName: String { "float32" }
    static var predefinedType: hid_t { dtrain_h5t_float32() }
}

extension Double: HDF5Element {
    static var typeName: String { "float64" }
    static var predefinedType: hid_t { dtrain_h5t_float64() }
}

extension Int64: HDF5Element {
    static var typeName: String { "int64" }
    static var predefinedType: hid_t { dtrain_h5t_int64() }
}

extension UInt64: HDF5Element {
    static var typeName: String { "uint64" }
    static var predefinedType: hid_t { dtrain_h5t_uint64() }
}
