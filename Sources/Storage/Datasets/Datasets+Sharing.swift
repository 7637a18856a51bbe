extension Datasets {
    /// The bytes of all samples, without their targets; of a text once.
    public var sampleBytes: Int {
        if case .windows(let windows) = train.images { return windows.text.count }
        return Self.rounded(train.sampleBytes) + test.sampleBytes
    }

    /// Copies all samples to `memory`, which has room for `sampleBytes` bytes.
    public func copySamples(to memory: UnsafeMutableRawPointer) {
        train.copySamples(to: memory)
        if case .windows = train.images { return }
        test.copySamples(to: memory + Self.rounded(train.sampleBytes))
    }

    /// The same, with the samples that `copySamples(to:)` has put at `memory`.
    ///
    /// - Parameter owner: keeps the memory.
    public func samples(at memory: UnsafeRawPointer, owner: AnyObject) -> Datasets {
        if case .windows(let windows) = train.images {
            let text = SampleNumbers<UInt8>(
                base: memory.assumingMemoryBound(to: UInt8.self), count: windows.text.count, owner: owner)
            return Datasets(train: train.replacing(text: text), test: test.replacing(text: text))
        }
        return Datasets(
            train: train.samples(at: memory, owner: owner),
            test: test.samples(at: memory + Self.rounded(train.sampleBytes), owner: owner))
    }

    /// The second part begins at a cache line.
    private static func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}

extension Dataset {
    /// The bytes of all samples.
    fileprivate var sampleBytes: Int { count * bytesPerSample }

    fileprivate func copySamples(to memory: UnsafeMutableRawPointer) {
        func copy(_ bytes: UnsafeRawBufferPointer) {
            if let base = bytes.baseAddress { memory.copyMemory(from: base, byteCount: bytes.count) }
        }
        switch images {
        case .bytes(let bytes): bytes.withUnsafeBytes(copy)
        case .floats(let floats): floats.withUnsafeBytes(copy)
        case .windows(let windows): windows.text.withUnsafeBytes(copy)
        }
    }

    fileprivate func samples(at memory: UnsafeRawPointer, owner: AnyObject) -> Dataset {
        func numbers<Element>(_ own: SampleNumbers<Element>) -> SampleNumbers<Element> {
            SampleNumbers(base: memory.assumingMemoryBound(to: Element.self), count: own.count, owner: owner)
        }
        switch images {
        case .bytes(let bytes): return Dataset(self, images: .bytes(numbers(bytes)))
        case .floats(let floats): return Dataset(self, images: .floats(numbers(floats)))
        case .windows: preconditionFailure("the windows of a text share it")
        }
    }

    fileprivate func replacing(text: SampleNumbers<UInt8>) -> Dataset {
        guard case .windows(let windows) = images else { preconditionFailure("images are no text") }
        return Dataset(self, images: .windows(windows.replacing(text: text)))
    }
}
