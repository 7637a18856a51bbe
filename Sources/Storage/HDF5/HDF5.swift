import CHDF5
import Synchronization

/// The library: one lock round every call, since it may be built without thread safety, and one place that looks at a status.
package enum HDF5 {
    /// Held during each call and the reading of its error stack.
    private static let lock = Mutex<Void>(())

    /// Calls one C function of the library, by name.
    ///
    /// - Parameter call: one call; it may not call `check` itself.
    /// - Throws: `HDF5Error` with the library's error stack if the result is negative.
    @discardableResult
    static func check<Result: FixedWidthInteger & Sendable>(_ function: String, _ call: () -> Result) throws(HDF5Error)
        -> Result
    {
        let outcome = lock.withLock { _ -> Swift.Result<Result, HDF5Error> in
            // Printing is a setting of the thread where the library is built for threads.
            H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
            let result = call()
            return result < 0 ? .failure(HDF5Error(function: function, frames: takeErrorStack())) : .success(result)
        }
        return try outcome.get()
    }

    /// Reads and clears the error stack (`H5Ewalk2`), the innermost failure first.
    private static func takeErrorStack() -> [HDF5Error.Frame] {
        var frames: [HDF5Error.Frame] = []
        withUnsafeMutablePointer(to: &frames) { pointer in
            _ = H5Ewalk2(
                hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
                { _, entry, context in
                    let frames = context!.assumingMemoryBound(to: [HDF5Error.Frame].self)
                    let entry = entry!.pointee
                    frames.pointee.append(
                        HDF5Error.Frame(
                            function: entry.func_name.map { String(cString: $0) } ?? "",
                            reason: entry.desc.map { String(cString: $0) } ?? "",
                            major: HDF5.message(entry.maj_num), minor: HDF5.message(entry.min_num)))
                    return 0
                }, pointer)
        }
        H5Eclear2(hid_t(H5E_DEFAULT))
        return frames
    }

    /// The library's words for an error number (`H5Eget_msg`).
    private static func message(_ number: hid_t) -> String {
        var text = [CChar](repeating: 0, count: 128)
        guard H5Eget_msg(number, nil, &text, text.count) > 0 else { return "" }
        return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// The identifiers open in the whole process (`H5Fget_obj_count`), files, groups, datasets, attributes and types: 0 when
    /// everything is closed.
    package static func openObjectCount() -> Int {
        (try? check("H5Fget_obj_count") { dtrain_h5f_open_objects() }) ?? -1
    }
}
