// swift-tools-version: 6.2
import PackageDescription

// Open MPI unless DTRAIN_MPI=mpich: the two have different headers and libraries, so the choice is made when building.
let mpiPackage: String =
    switch Context.environment["DTRAIN_MPI"] ?? "openmpi" {
    case "openmpi": "ompi"
    case "mpich": "mpich"
    case let other: fatalError("DTRAIN_MPI is '\(other)'; it must be 'openmpi' or 'mpich'")
    }

let package = Package(
    name: "dtrain",
    products: [
        .executable(name: "dtrain", targets: ["dtrain"]),
        .library(name: "Core", targets: ["Core"]),
        .library(name: "Distributed", targets: ["Distributed"]),
        .library(name: "Storage", targets: ["Storage"]),
        .library(name: "Training", targets: ["Training"]),
        .library(name: "AllocationCounter", type: .dynamic, targets: ["AllocationCounter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CMPI", pkgConfig: mpiPackage, providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .target(name: "CSystem"),
        .target(name: "CDigits"),
        // libm holds sqrt and, where the target has no such instruction, the fused multiply-add.
        .target(
            name: "Core", dependencies: ["CBLAS", "CSystem"], linkerSettings: [.linkedLibrary("m")]),
        .target(name: "Distributed", dependencies: ["Core", "CMPI", "CSystem"]),
        .target(name: "Storage", dependencies: ["Core", "CSystem", "CHDF5", "CZlib", "CCrypto", "CXXHash", "CDigits"]),
        .target(
            name: "Training",
            dependencies: [
                "Core", "CSystem", "Distributed", "Storage",
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "dtrain",
            dependencies: [
                "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "CommunicationBenchmarks", dependencies: ["Distributed"], path: "Benchmarks/Communication"),
        // What other trainers do, to be measured against and to be caught by tests; no product links it.
        .target(name: "AllreduceBaseline", dependencies: ["Distributed"], path: "Benchmarks/Allreduce"),
        .executableTarget(
            name: "ReproducibilityBenchmarks", dependencies: ["Training", "AllreduceBaseline", "Turns"],
            path: "Benchmarks/Reproducibility"),
        .target(name: "Turns", dependencies: ["Distributed", "Training"], path: "Benchmarks/Turns"),
        .executableTarget(
            name: "OverlapBenchmarks", dependencies: ["Training", "Turns"], path: "Benchmarks/Overlapping"),
        .executableTarget(
            name: "KernelBenchmarks", dependencies: ["Core", "CBLAS", "CSystem"], path: "Benchmarks/Kernels",
            exclude: ["README.md"]),
        .testTarget(name: "CoreTests", dependencies: ["Core", "CSystem"]),
        .testTarget(name: "DistributedTests", dependencies: ["CSystem", "Distributed"]),
        // Writes files in a process of its own, which tests kill, or starve of disk.
        .executableTarget(
            name: "StorageTestHelper", dependencies: ["Core", "Storage"], path: "Tests/Helpers/StorageTestHelper"),
        .testTarget(
            name: "StorageTests", dependencies: ["Core", "Storage", "StorageTestHelper"],
            exclude: ["read_with_h5py.py", "edit_with_h5py.py"]),
        // Loaded before dtrain by a test.
        .target(name: "AllocationCounter", path: "Tests/Helpers/AllocationCounter"),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "AllreduceBaseline"]),
        .testTarget(
            name: "CommandTests", dependencies: ["Storage", "dtrain"],
            exclude: ["check_with_h5py.py", "Benchmarks/check_benchmarks.py"]),
    ],
    swiftLanguageModes: [.v6]
)
