extension Dataset {
    /// The bytes of one sample as it is in memory, without its targets.
    public var bytesPerSample: Int {
        switch images {
        case .bytes, .windows: sampleShape.elementCount
        case .floats: sampleShape.elementCount * MemoryLayout<Float>.stride
        }
    }

    /// The bytes of its samples and targets in memory; of a text those of its part, which is there once.
    public var byteCount: Int {
        let samples =
            switch images {
            case .bytes(let bytes): bytes.count
            case .floats(let floats): floats.count * MemoryLayout<Float>.stride
            case .windows(let windows): windows.part.count
            }
        let wanted =
            switch targets {
            case .classes(let classes): classes.count * MemoryLayout<Int32>.stride
            case .values(let values, _): values.count * MemoryLayout<Float>.stride
            case .followers: 0
            }
        return samples + wanted
    }
}

extension Datasets {
    /// The bytes of both parts in memory.
    public var byteCount: Int { train.byteCount + test.byteCount }
}
