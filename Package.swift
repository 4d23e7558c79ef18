// swift-tools-version: 6.2
import PackageDescription

// Every target is listed once, with every in-package import that it may have and every package that it owns.
// `Scripts/check-imports` holds the sources against this table; Documentation/Decisions/0001 says why.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

enum External {
    static let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
    static let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
    static let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
    static let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
    static let yams = Target.Dependency.product(name: "Yams", package: "Yams")
    static let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
    static let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
    static let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
    static let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
}

func names(_ targets: [String]) -> [Target.Dependency] { targets.map { .byName(name: $0) } }

/// A library: what it may import inside the package, and the packages that it alone (or nearly) owns.
func library(_ name: String, _ imports: [String] = [], owns: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: names(imports) + owns, swiftSettings: settings)
}

/// An executable: it parses and prints; the work is in the libraries that it imports.
func executable(_ name: String, _ imports: [String], owns: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: names(["StageInterface"] + imports) + [External.argumentParser] + owns,
        swiftSettings: settings)
}

/// The tests of one module, with what all tests share; `imports` are further modules that the tests need.
func tests(
    _ module: String, _ imports: [String] = [], owns: [Target.Dependency] = [], excludes: [String] = []
) -> Target {
    .testTarget(
        name: module + "Tests", dependencies: names([module, "TestSupport"] + imports) + owns, exclude: excludes,
        swiftSettings: settings)
}

let package = Package(
    name: "retort",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The nouns, and where things are kept.
        library("Conversations"),
        library(
            "Storage", ["Conversations", "CZlib"],
            owns: [External.grdb, External.crypto, External.yams]),
        library("StageInterface", ["Conversations", "Storage"], owns: [External.argumentParser, External.logging]),
        library("HTTPTransport", ["CCurl"]),

        // The engine.
        library("GGUF"),
        library("Quantization", ["GGUF", "CKernels"]),
        library("Tensors", ["COpenBLAS", "CKernels", "GGUF", "Quantization"], owns: [External.atomics]),
        library("Autograd", ["Tensors"]),
        library("Tokenizers", ["Conversations", "GGUF"], owns: [External.collections]),
        library("Adapters", ["Conversations", "Storage", "GGUF", "Tensors"]),
        library(
            "Checkpoints",
            ["Conversations", "Storage", "GGUF", "Quantization", "Tensors", "Tokenizers", "Adapters"]),
        library("Transformers", ["Storage", "Tensors", "Autograd", "Adapters", "Checkpoints"]),
        library(
            "Training",
            [
                "Conversations", "Storage", "Tensors", "Autograd", "Tokenizers", "Datasets", "Adapters",
                "Checkpoints", "Transformers",
            ]),
        library(
            "Inference",
            [
                "Conversations", "Storage", "GGUF", "Tensors", "Quantization", "Tokenizers", "Adapters", "Checkpoints",
            ]),

        // The data.
        library("Interactions", ["Conversations", "Storage", "HTTPTransport"], owns: [External.grdb]),
        library("Datasets", ["Conversations", "Storage", "Interactions"], owns: [External.grdb]),
        library("Teachers", ["Conversations", "Storage", "HTTPTransport"], owns: [External.grdb]),
        library(
            "Labeling", ["Conversations", "Storage", "Interactions", "Datasets", "Teachers"],
            owns: [External.grdb]),

        // The one place that joins a task with an engine.
        library("Answering", ["Conversations", "Tokenizers", "Checkpoints", "Datasets", "Inference"]),

        // The release.
        library(
            "Evaluation",
            ["Storage", "Conversations", "Tensors", "Tokenizers", "Checkpoints", "Datasets", "Inference", "Answering"]),
        library("Registry", ["Conversations", "Storage"], owns: [External.grdb]),
        library(
            "Serving",
            [
                "Conversations", "Storage", "Interactions", "Datasets", "Teachers", "Adapters", "Checkpoints",
                "Inference", "Answering", "Registry", "Tokenizers",
            ], owns: [External.hummingbird, External.lifecycle, External.logging, External.atomics]),
        library("Pipelines", ["Conversations", "Storage", "StageInterface"], owns: [External.subprocess]),

        // One executable per arrow of the loop.
        executable("retort", ["Conversations", "Storage", "Pipelines"]),
        executable("retort-pull", ["Conversations", "Storage", "Interactions", "Datasets"]),
        executable("retort-label", ["Conversations", "Storage", "Interactions", "Datasets", "Teachers", "Labeling"]),
        executable("retort-curate", ["Conversations", "Storage", "Interactions", "Datasets", "Labeling"]),
        executable(
            "retort-train",
            [
                "Conversations", "Storage", "Datasets", "Adapters", "Checkpoints", "Tensors", "Tokenizers", "Training",
            ]),
        executable(
            "retort-quantize",
            [
                "Conversations", "Storage", "GGUF", "Quantization", "Tokenizers", "Adapters", "Checkpoints",
                "Inference",
            ]),
        executable(
            "retort-evaluate",
            ["Conversations", "Storage", "Datasets", "Adapters", "Checkpoints", "Inference", "Evaluation"]),
        executable(
            "retort-registry",
            [
                "Conversations", "Storage", "GGUF", "Adapters", "Checkpoints", "Inference", "Datasets", "Registry",
            ]),
        executable(
            "retort-serve",
            ["Conversations", "Storage", "Datasets", "Teachers", "Registry", "Serving"]),
        executable(
            "retort-inspect",
            [
                "Conversations", "Storage", "GGUF", "Quantization", "Tokenizers", "Adapters", "Checkpoints",
                "Inference", "Transformers", "Datasets", "Training", "Pipelines", "Serving",
            ]),
        executable("retort-replay", ["Conversations", "Storage", "Replay"]),
        library(
            "Replay", ["Conversations", "Storage"],
            owns: [External.hummingbird, External.lifecycle, External.logging]),

        // What `Benchmarks/products/run.py` measures our products with.
        .executableTarget(
            name: "products-benchmark", dependencies: names(["GGUF", "Quantization", "Tensors"]),
            path: "Benchmarks/products", exclude: ["run.py"], swiftSettings: settings),

        // C: system libraries, and what Swift cannot express.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CKernels"),

        // Tests.
        .target(
            name: "TestSupport", dependencies: names(["Conversations", "HTTPTransport"]), path: "Tests/TestSupport",
            swiftSettings: settings),
        tests("Conversations"),
        tests("Storage", ["Conversations"], owns: [External.grdb]),
        tests("StageInterface", ["Conversations", "Storage"]),
        tests("HTTPTransport"),
        tests("GGUF"),
        tests("Quantization", ["GGUF"], excludes: ["Oracles"]),
        tests("Tensors", ["GGUF", "Quantization"]),
        tests("Autograd", ["GGUF", "Tensors"]),
        tests("Tokenizers", ["Conversations", "GGUF"], excludes: ["Oracles"]),
        tests("Adapters", ["Conversations", "Storage", "GGUF", "Tensors"]),
        tests("Checkpoints", ["Storage", "GGUF", "Quantization", "Tensors", "Tokenizers", "Adapters"]),
        tests(
            "Training",
            [
                "Conversations", "Storage", "Tensors", "Autograd", "Adapters", "Checkpoints", "Transformers", "GGUF",
                "Tokenizers", "CAllocationCount",
            ], excludes: ["Oracles"]),
        // What its tests count allocations with.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        tests(
            "Inference",
            [
                "Conversations", "Storage", "GGUF", "Quantization", "Tensors", "Tokenizers", "Adapters", "Checkpoints",
                "Transformers",
            ], excludes: ["Oracles"]),
        tests("Answering", ["Conversations", "Adapters", "Checkpoints", "Datasets", "Inference", "Tokenizers"]),
        tests("Interactions", ["Conversations", "Storage"]),
        tests("Datasets", ["Conversations", "Storage", "Interactions"]),
        tests("Teachers", ["Conversations", "Storage", "HTTPTransport", "Replay"]),
        tests("Labeling", ["Conversations", "Storage", "Interactions", "Datasets", "Teachers", "Replay"]),
        tests(
            "Evaluation", ["Storage", "Conversations", "GGUF", "Adapters", "Checkpoints", "Datasets", "Inference"],
            excludes: ["Oracles"]),
        tests("Registry", ["Storage", "Adapters"], owns: [External.grdb]),
        tests(
            "Serving",
            [
                "Conversations", "Storage", "Registry", "HTTPTransport", "Interactions", "Replay", "GGUF", "Tensors",
                "Adapters", "Checkpoints", "Inference", "Tokenizers", "Datasets", "Teachers",
            ]),
        tests("Pipelines", ["Conversations", "Storage", "StageInterface"]),
        // Damaged files of every format, given to their readers.
        .testTarget(
            name: "FuzzTests",
            dependencies: names([
                "TestSupport", "Storage", "GGUF", "Quantization", "Tokenizers", "Adapters", "Checkpoints", "Inference",
            ]), swiftSettings: settings),
        // The built executables, run as a user runs them.
        .testTarget(
            name: "CommandLineTests",
            dependencies: names(["TestSupport", "Conversations", "Storage", "StageInterface"]), swiftSettings: settings),
        // Inputs that went wrong once, each with what is right; on the built executables.
        .testTarget(
            name: "CasesTests",
            dependencies: names(["TestSupport", "Conversations", "Storage", "HTTPTransport", "GGUF", "Adapters"]),
            path: "Tests/Cases",
            exclude: ["Inputs", "README.md"], swiftSettings: settings),
        // The built executables under hostile hands, with little memory, few files, full disks and slow clients.
        .testTarget(
            name: "HostileTests",
            dependencies: names(["TestSupport", "Conversations", "Storage", "HTTPTransport", "GGUF", "Adapters"])
                + [External.grdb],
            path: "Tests/Hostile", swiftSettings: settings),
    ]
)
