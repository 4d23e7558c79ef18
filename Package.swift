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
}

func names(_ targets: [String]) -> [Target.Dependency] { targets.map { .byName(name: $0) } }

/// A library of a group: what it may import inside the package, and the packages that it alone (or nearly) owns.
func library(
    _ name: String, in group: String, _ imports: [String] = [], owns: [Target.Dependency] = []
) -> Target {
    .target(
        name: name, dependencies: names(imports) + owns, path: "Sources/\(group)/\(name)", swiftSettings: settings)
}

/// An executable: it parses and prints; the work is in the libraries that it imports.
func executable(_ name: String, _ imports: [String], owns: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: names(["StageInterface"] + imports) + [External.argumentParser] + owns,
        path: "Sources/Tools/\(name)", swiftSettings: settings)
}

/// The tests of one module; `imports` are further modules that they need.
func tests(
    _ module: String, _ imports: [String] = [], owns: [Target.Dependency] = [], excludes: [String] = []
) -> Target {
    .testTarget(
        name: module + "Tests", dependencies: names([module] + imports) + owns, exclude: excludes,
        swiftSettings: settings)
}

let package = Package(
    name: "retort",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Ground: texts, files, processes, the network.
        library("PlainText", in: "Ground"),
        library("JSON", in: "Ground", ["PlainText"]),
        library("Randomness", in: "Ground"),
        library(
            "Storage", in: "Ground",
            [
                "PlainText", "JSON", "CZlib",
            ], owns: [External.grdb, External.crypto, External.yams]),
        library("StageInterface", in: "Ground", ["PlainText", "JSON", "Storage"], owns: [External.argumentParser]),
        library("HTTPTransport", in: "Ground", ["CCurl"]),
        .target(name: "CCurl", path: "Sources/Ground/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(
            name: "CZlib", path: "Sources/Ground/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // File formats of models.
        library("GGUF", in: "Formats"),

        // Numbers: kernels, blocks of weights, products.
        .target(name: "CKernels", path: "Sources/Numbers/CKernels", cSettings: [.headerSearchPath(".")]),
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/Numbers/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"])]),
        library("Quantization", in: "Numbers", ["GGUF", "CKernels"]),
        library("Tensors", in: "Numbers", ["GGUF", "CKernels", "COpenBLAS", "Quantization"]),

        // Texts that models read and write.
        library("Conversations", in: "Text", ["JSON"]),
        library("Dialects", in: "Text", ["PlainText", "JSON", "Storage", "Conversations"]),
        library("Tokenizers", in: "Text", ["GGUF"]),
        library("ChatTemplates", in: "Text", ["PlainText", "JSON", "GGUF", "Conversations", "Tokenizers"]),

        // Models: what a file says of one.
        library("Architectures", in: "Models", ["PlainText", "JSON", "Storage", "GGUF", "Tensors"]),
        library("Adapters", in: "Models", ["PlainText", "JSON", "Storage", "GGUF", "Tensors"]),
        library(
            "Checkpoints", in: "Models",
            [
                "Storage", "GGUF", "Quantization", "Tensors", "Tokenizers", "ChatTemplates", "Architectures",
                "Adapters",
            ]),

        // The engine: the pass that learns and the pass that serves.
        library("Autograd", in: "Engine", ["Randomness", "Tensors"]),
        library(
            "Transformers", in: "Engine",
            [
                "Storage", "Tensors", "Architectures", "Adapters", "Checkpoints", "Autograd",
            ]),
        library(
            "Inference", in: "Engine",
            [
                "PlainText", "JSON", "Randomness", "Storage", "GGUF", "Tensors", "Conversations", "Tokenizers",
                "ChatTemplates", "Architectures", "Adapters", "Checkpoints",
            ]),

        // What a model is to do, and the one place that joins it with an engine.
        library("Tasks", in: "Work", ["PlainText", "JSON", "Storage", "Conversations"]),
        library(
            "Answering", in: "Work",
            [
                "PlainText", "Conversations", "Dialects", "Tokenizers", "ChatTemplates", "Architectures", "Checkpoints",
                "Inference", "Tasks",
            ]),

        // The data.
        library(
            "Interactions", in: "Data",
            [
                "PlainText", "JSON", "Storage", "Conversations", "Dialects",
            ], owns: [External.grdb]),
        library(
            "Teachers", in: "Data",
            [
                "PlainText", "JSON", "Storage", "HTTPTransport", "Conversations", "Dialects",
            ], owns: [External.grdb]),
        library(
            "Datasets", in: "Data",
            [
                "PlainText", "JSON", "Storage", "Conversations", "Dialects", "Tasks", "Interactions",
            ], owns: [External.grdb]),
        library(
            "Labeling", in: "Data",
            [
                "PlainText", "JSON", "Storage", "Conversations", "Dialects", "Tasks", "Interactions", "Teachers",
                "Datasets",
            ], owns: [External.grdb]),

        // Learning.
        library(
            "Training", in: "Learning",
            [
                "PlainText", "JSON", "Randomness", "Storage", "Tensors", "Conversations", "Dialects", "Tokenizers",
                "ChatTemplates", "Architectures", "Adapters", "Checkpoints", "Autograd", "Transformers",
            ]),

        // The release.
        library(
            "Evaluation", in: "Release",
            [
                "PlainText", "JSON", "Randomness", "Storage", "Tensors", "Conversations", "Tokenizers", "ChatTemplates",
                "Architectures", "Checkpoints", "Inference", "Tasks", "Answering", "Datasets",
            ]),
        library("Registry", in: "Release", ["PlainText", "JSON", "Storage"], owns: [External.grdb]),
        library(
            "Lineage", in: "Release",
            ["JSON", "Storage", "Interactions", "Teachers", "Labeling", "Datasets"], owns: [External.grdb]),

        // Service.
        library(
            "Serving", in: "Service",
            [
                "PlainText", "JSON", "Storage", "Tensors", "Conversations", "Dialects", "Tokenizers", "ChatTemplates",
                "Architectures", "Adapters", "Checkpoints", "Inference", "Tasks", "Answering", "Teachers", "Registry",
            ], owns: [External.logging, External.hummingbird, External.lifecycle]),
        library(
            "Replay", in: "Service",
            [
                "PlainText", "JSON", "Randomness", "Storage", "Conversations", "Dialects",
            ], owns: [External.logging, External.hummingbird, External.lifecycle]),

        // Operations.
        library(
            "Pipelines", in: "Operations",
            [
                "PlainText", "JSON", "Storage", "StageInterface",
            ], owns: [External.subprocess]),

        // One executable per arrow of the loop.
        executable("retort", ["PlainText", "JSON", "Storage", "Pipelines"]),
        executable("retort-pull", ["Storage", "Dialects", "Tasks", "Interactions"]),
        executable(
            "retort-label",
            [
                "PlainText", "JSON", "Storage", "Conversations", "Dialects", "Tasks", "Interactions", "Teachers",
                "Labeling",
            ]),
        executable("retort-curate", ["Storage", "Tasks", "Interactions", "Datasets", "Labeling"]),
        executable(
            "retort-train",
            [
                "PlainText", "JSON", "Storage", "Tensors", "Tokenizers", "ChatTemplates", "Architectures", "Adapters",
                "Checkpoints", "Training",
            ]),
        executable(
            "retort-quantize",
            [
                "PlainText", "Storage", "GGUF", "Quantization", "Tokenizers", "Adapters", "Checkpoints", "Inference",
            ]),
        executable("retort-evaluate", ["PlainText", "JSON", "Storage", "Tasks", "Evaluation"]),
        executable(
            "retort-registry",
            [
                "PlainText", "JSON", "Storage", "GGUF", "Adapters", "Checkpoints", "Inference", "Tasks", "Datasets",
                "Training", "Registry", "Lineage",
            ]),
        executable(
            "retort-serve", ["JSON", "Storage", "Tensors", "Dialects", "Tasks", "Teachers", "Registry", "Serving"]),
        executable(
            "retort-inspect",
            [
                "PlainText", "JSON", "Storage", "GGUF", "Quantization", "Conversations", "Tokenizers", "ChatTemplates",
                "Architectures", "Adapters", "Checkpoints", "Transformers", "Inference", "Tasks", "Training", "Serving",
                "Pipelines",
            ]),
        executable("retort-replay", ["JSON", "Storage", "Replay"]),

        // What `Benchmarks/products/run.py` measures our products with.
        .executableTarget(
            name: "products-benchmark", dependencies: names(["GGUF", "Quantization", "Tensors"]),
            path: "Benchmarks/products", exclude: ["run.py"], swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport", dependencies: names(["JSON", "Randomness", "HTTPTransport"]),
            path: "Tests/TestSupport",
            swiftSettings: settings),
        // What the tests of training count allocations with.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        tests("PlainText", ["Storage", "TestSupport"]),
        tests("JSON", ["PlainText", "Conversations"]),
        tests("Storage", ["PlainText", "JSON", "Interactions", "TestSupport"], owns: [External.grdb]),
        tests("StageInterface", ["PlainText", "Storage"]),
        tests("HTTPTransport", ["TestSupport"]),
        tests("GGUF", ["TestSupport"]),
        tests("Quantization", ["Randomness", "GGUF", "TestSupport"], excludes: ["Oracles"]),
        tests("Tensors", ["Randomness", "GGUF", "Quantization", "TestSupport"]),
        tests("Conversations", ["JSON"]),
        tests("Dialects", ["JSON", "Conversations"]),
        tests("Tokenizers", ["JSON", "Randomness", "GGUF", "TestSupport"]),
        tests(
            "ChatTemplates",
            [
                "PlainText", "JSON", "GGUF", "Conversations", "Tokenizers", "TestSupport",
            ], excludes: ["Oracles"]),
        tests("Adapters", ["JSON", "Storage", "GGUF", "TestSupport"]),
        tests("Checkpoints", ["Storage", "GGUF", "Tensors", "Architectures", "Adapters", "TestSupport"]),
        tests("Autograd", ["GGUF", "Tensors"]),
        tests(
            "Inference",
            [
                "PlainText", "Randomness", "Storage", "GGUF", "Quantization", "Tensors", "Tokenizers", "Architectures",
                "Adapters", "Checkpoints", "Transformers", "TestSupport",
            ], excludes: ["Oracles"]),
        tests("Tasks", ["JSON", "Storage", "Conversations", "TestSupport"]),
        tests(
            "Answering",
            [
                "PlainText", "Randomness", "Conversations", "Tokenizers", "ChatTemplates", "Adapters", "Checkpoints",
                "Inference", "Tasks", "TestSupport",
            ]),
        tests("Interactions", ["JSON", "Storage", "Conversations", "Dialects", "TestSupport"]),
        tests("Teachers", ["JSON", "Storage", "HTTPTransport", "Conversations", "Dialects", "Replay", "TestSupport"]),
        tests(
            "Datasets",
            [
                "JSON", "Randomness", "Storage", "Conversations", "Dialects", "Tasks", "Interactions", "TestSupport",
            ]),
        tests(
            "Training",
            [
                "PlainText", "JSON", "Randomness", "Storage", "GGUF", "Tensors", "Tokenizers", "ChatTemplates",
                "Architectures", "Adapters", "Checkpoints", "Autograd", "Transformers", "CAllocationCount",
                "TestSupport",
            ], excludes: ["Oracles"]),
        tests(
            "Evaluation",
            [
                "PlainText", "JSON", "Storage", "GGUF", "Conversations", "Adapters", "Checkpoints", "Inference",
                "Tasks", "Datasets", "TestSupport",
            ], excludes: ["Oracles"]),
        tests("Registry", ["Storage", "Adapters", "TestSupport"], owns: [External.grdb]),
        tests(
            "Lineage",
            ["JSON", "Storage", "Conversations", "Interactions", "Teachers", "Datasets", "Registry", "TestSupport"],
            owns: [External.grdb], excludes: ["Workspace"]),
        tests(
            "Serving",
            [
                "PlainText", "JSON", "Storage", "HTTPTransport", "GGUF", "Conversations", "Dialects", "Tokenizers",
                "ChatTemplates", "Architectures", "Adapters", "Checkpoints", "Inference", "Tasks", "Interactions",
                "Teachers", "Registry", "Replay", "TestSupport",
            ]),
        tests("Pipelines", ["Storage", "StageInterface", "TestSupport"]),
        // Damaged files of every format, given to their readers.
        .testTarget(
            name: "FuzzTests",
            dependencies: names([
                "Randomness", "Storage", "GGUF", "Quantization", "Tokenizers", "Adapters", "Checkpoints",
                "Inference", "TestSupport",
            ]), path: "Tests/FuzzTests",
            swiftSettings: settings),
        // The built executables, run as a user runs them.
        .testTarget(
            name: "CommandLineTests",
            dependencies: names(["PlainText", "JSON", "Storage", "StageInterface", "Replay", "TestSupport"]),
            path: "Tests/CommandLineTests",
            swiftSettings: settings),
        // Inputs that went wrong once, each with what is right; on the built executables.
        .testTarget(
            name: "CasesTests",
            dependencies: names([
                "JSON", "Randomness", "Storage", "HTTPTransport", "GGUF", "Adapters", "TestSupport",
            ]), path: "Tests/Cases",
            exclude: ["Inputs", "README.md"],
            swiftSettings: settings),
        // The built executables under hostile hands, with little memory, few files, full disks and slow clients.
        .testTarget(
            name: "HostileTests",
            dependencies: names(["JSON", "Randomness", "HTTPTransport", "TestSupport"]) + [External.grdb],
            path: "Tests/Hostile",
            swiftSettings: settings),
    ]
)
