import CDigits
import Core

extension Datasets {
    /// The digits compiled into the program: 4,000 training and 1,000 test images of MNIST.
    public static func bundled() throws(StorageError) -> Datasets {
        try Datasets(rawFiles: bundledFiles)
    }

    /// The bundled digits as they lie in the program: four gzipped IDX files.
    public static var bundledFiles: [RawFile] {
        func file(_ name: String, _ embedded: dtrain_embedded_file) -> RawFile {
            ("bundled \(name)", Array(UnsafeBufferPointer(start: embedded.bytes, count: embedded.count)))
        }
        return [
            file("train-images-idx3-ubyte.gz", dtrain_train_images()),
            file("train-labels-idx1-ubyte.gz", dtrain_train_labels()),
            file("test-images-idx3-ubyte.gz", dtrain_test_images()),
            file("test-labels-idx1-ubyte.gz", dtrain_test_labels()),
        ]
    }

    /// Reads the four files of a folder as they lie there, for rank 0 to send to all: training images, training labels, test
    /// images, test labels. Where a file is there both plain and gzipped, the plain one is read.
    ///
    /// - Throws: `noInput` if the folder or one of the four is missing, `badData` if two could be meant.
    public static func readFiles(folder: String) throws(StorageError) -> [RawFile] {
        let found = try FileSystem.names(in: folder, what: "dataset folder").compactMap { name in
            DatasetFile(name: name).map { (name: name, file: $0) }
        }
        var files: [RawFile] = []
        for part in DatasetFile.Part.allCases {
            for content in DatasetFile.Content.allCases {
                let what = DatasetFile.description(part, content)
                let candidates = found.filter { $0.file.part == part && $0.file.content == content }
                guard let first = candidates.first else {
                    throw StorageError(
                        .noInput,
                        "reading dataset folder \(folder): it has no \(what), e.g. \(DatasetFile.usualName(part, content)) "
                            + "or the same with .gz")
                }
                if let other = candidates.first(where: { $0.file.stem != first.file.stem }) {
                    throw StorageError(
                        .badData,
                        "reading dataset folder \(folder): \(first.name) and \(other.name) could both be the \(what); "
                            + "keep one")
                }
                // In the order of names, the plain file comes before the same with .gz.
                let path = FileSystem.join(folder, first.name)
                files.append((path, try FileSystem.read(path, what: what)))
            }
        }
        return files
    }

    /// Makes the datasets from the contents of four files, in the order of `readFiles`.
    ///
    /// - Throws: `badData`: everything that `IDX.parse` finds; a wrong number of dimensions; image and label counts that
    ///   differ; no samples; samples of different shapes in training and test; numbers that are not finite.
    public init(rawFiles: [RawFile]) throws(StorageError) {
        precondition(rawFiles.count == 4, "a dataset is four files, not \(rawFiles.count)")
        let train = try Dataset(images: rawFiles[0], targets: rawFiles[1])
        let test = try Dataset(images: rawFiles[2], targets: rawFiles[3])
        guard train.originalShape == test.originalShape else {
            throw StorageError(
                .badData,
                "reading \(rawFiles[2].name): its images are \(test.originalShape), those of \(rawFiles[0].name) are "
                    + "\(train.originalShape)")
        }
        self.init(train: train, test: test)
    }
}

extension Dataset {
    /// - Throws: `badData`.
    init(images: Datasets.RawFile, targets: Datasets.RawFile) throws(StorageError) {
        func bad(_ file: Datasets.RawFile, _ found: String) -> StorageError {
            StorageError(.badData, "reading \(file.name): \(found)")
        }
        let imageArray = try Self.array(images)
        let targetArray = try Self.array(targets)
        guard imageArray.dimensions.count >= 2 else {
            throw bad(images, "it has 1 dimension; images have two or more, samples first")
        }
        for (file, array) in [(images, imageArray), (targets, targetArray)] {
            guard array.dimensions[0] > 0 else {
                throw bad(file, "the dataset is empty: its header says \(array.dimensions)")
            }
            guard !array.dimensions.contains(0) else {
                throw bad(file, "a sample is empty: its header says \(array.dimensions)")
            }
        }
        guard imageArray.dimensions[0] == targetArray.dimensions[0] else {
            throw bad(
                targets,
                "it holds \(targetArray.dimensions[0]) labels, but \(images.name) holds \(imageArray.dimensions[0]) images"
            )
        }
        let pixels: Images =
            switch imageArray.values {
            case .bytes(let bytes): .bytes(SampleNumbers(bytes))
            case .floats(let floats): .floats(SampleNumbers(floats))
            }
        let wanted: Targets
        switch targetArray.values {
        case .bytes(let labels):
            guard targetArray.dimensions.count == 1 else {
                throw bad(targets, "it has \(targetArray.dimensions.count) dimensions; labels have 1")
            }
            wanted = .classes(labels.map { Int32($0) })
        case .floats(let values):
            let shape = targetArray.dimensions.count == 1 ? [1] : Array(targetArray.dimensions.dropFirst())
            wanted = .values(values, Shape(shape))
        }
        self.init(images: pixels, originalShape: Shape(Array(imageArray.dimensions.dropFirst())), targets: wanted)
    }

    /// The array of a file, held against its name, all numbers finite.
    private static func array(_ file: Datasets.RawFile) throws(StorageError) -> IDX {
        let array = try IDX.parse(file.bytes, name: file.name)
        if let claim = DatasetFile(name: FileSystem.split(file.name).name), claim.rank != array.dimensions.count {
            throw StorageError(
                .badData,
                "reading \(file.name): its name says \(claim.rank) dimensions, its header \(array.dimensions.count)")
        }
        if case .floats(let floats) = array.values, let index = floats.firstIndex(where: { !$0.isFinite }) {
            let width = floats.count / array.dimensions[0]
            throw StorageError(
                .badData,
                "reading \(file.name): element \(index % width) of sample \(index / width) is \(floats[index])")
        }
        return array
    }
}
