import Foundation
import Registry
import Storage
import Testing
import TestSupport

struct RegistrationTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func versionsCountFromOneForEachName() throws {
        #expect(try scratch.register("intent", of: "a").reference == "intent:1")
        #expect(try scratch.register("intent", of: "b").reference == "intent:2")
        #expect(try scratch.register("tone", of: "a").reference == "tone:1")
        #expect(try scratch.registry().names() == ["intent", "tone"])
    }

    @Test func sameArtifactAndEvaluationIsRegisteredOnce() throws {
        let registry = try scratch.registry()
        var registration = Registration(name: "intent", artifact: try scratch.artifact("a"), by: "ada")
        #expect(try registry.register(registration).isNew)
        registration.by = "grace"
        let again = try registry.register(registration)
        #expect(!again.isNew)
        #expect(again.version.version == 1)
        #expect(again.version.createdBy == "ada")
        registration.evaluation = try scratch.report(of: registration.artifact, passed: true)
        #expect(try registry.register(registration).version.version == 2)
        #expect(try registry.history().count == 2)
    }

    @Test func artifactAndEvidenceLieInTheStore() throws {
        let registry = try scratch.registry()
        let version = try scratch.register(of: "a")
        #expect(try registry.store.data(of: version.artifact) == Data("weights of a".utf8))
        let evaluation = try #require(version.evaluation)
        #expect(try registry.store.data(of: evaluation).count > 100)
    }

    @Test func evaluationOfAnotherArtifactIsRefused() throws {
        var registration = Registration(name: "intent", artifact: try scratch.artifact("a"), by: "ada")
        registration.evaluation = try scratch.report(of: try scratch.artifact("b"), passed: true)
        let error = #expect(throws: RegistryError.self) { try scratch.registry().register(registration) }
        #expect(error?.kind == .refused)
        let a = try ContentDigest(ofFile: registration.artifact)
        #expect(error?.description.contains("expected \(a)") == true)
        #expect(try scratch.registry().versions().isEmpty)
        #expect(try !scratch.registry().store.contains(a), "nothing is kept of what was refused")
    }

    @Test func baseComesFromTheEvaluationAndMustNotContradictIt() throws {
        let base = ContentDigest(of: "the base's tensors")
        var registration = Registration(name: "intent", artifact: try scratch.artifact("a"), by: "ada")
        registration.evaluation = try scratch.report(of: registration.artifact, passed: true, base: base)
        #expect(try scratch.registry().register(registration).version.base == base)
        registration.base = ContentDigest(of: "another base")
        let error = #expect(throws: RegistryError.self) { try scratch.registry().register(registration) }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains(base.description) == true)
    }

    @Test func manifestStandsForTheDigestThatItNames() throws {
        let dataset = ContentDigest(of: "a dataset")
        var registration = Registration(name: "intent", artifact: try scratch.artifact("a"), by: "ada")
        registration.dataset = .file(try scratch.file("manifest.json", #"{"digest":"\#(dataset)"}"#))
        registration.recipe = .file(try scratch.file("adapter.yaml", "rank: 8\n"))
        let version = try scratch.registry().register(registration).version
        #expect(version.dataset == dataset)
        #expect(version.recipe == ContentDigest(of: "rank: 8\n"))
    }

    @Test func registeringAgainRepairsADamagedCopy() throws {
        let version = try scratch.register(of: "a")
        let registry = try scratch.registry()
        try Data("rot".utf8).write(to: URL(fileURLWithPath: registry.store.path(of: version.artifact)))
        #expect(try !registry.verify().problems.isEmpty)
        try scratch.register(of: "a")
        #expect(try registry.verify().problems.isEmpty)
    }

    @Test(arguments: ["", "a@b", "a:1", "../up", "-a", ".", "näme", String(repeating: "a", count: 101), "a b"])
    func wrongNameIsRefused(name: String) throws {
        let registration = Registration(name: name, artifact: try scratch.artifact("a"), by: "ada")
        let error = #expect(throws: RegistryError.self) { try scratch.registry().register(registration) }
        #expect(error?.kind == .input)
    }

    @Test(arguments: [
        ("not json", "not valid JSON"),
        ("{}", "format: missing"),
        (#"{"format":"retort.evaluation/9"}"#, "expected 'retort.evaluation/1'"),
        (#"{"format":"retort.evaluation/1","artifact":{"digest":"sha256:12"}}"#, "artifact: an object, expected"),
        (
            #"{"format":"retort.evaluation/1","artifact":{"digest":"\#(ContentDigest(of: "x"))"},"passed":"yes"}"#,
            "passed: a string, expected true or false"
        ),
    ])
    func brokenReportIsNamed(text: String, message: String) throws {
        var registration = Registration(name: "intent", artifact: try scratch.artifact("a"), by: "ada")
        registration.evaluation = try scratch.file("report.json", text)
        let error = #expect(throws: RegistryError.self) { try scratch.registry().register(registration) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
        #expect(error?.description.contains("report.json") == true)
    }

    @Test func selectorsAreRead() throws {
        try scratch.register(of: "a")
        let registry = try scratch.registry()
        _ = try registry.promote("intent", version: 1, alias: "canary", by: "ada")
        #expect(try registry.resolve(VersionSelector("intent@canary")).version == 1)
        #expect(try registry.resolve(VersionSelector("intent:1")).version == 1)
        for (text, message) in [
            ("intent", "intent has no alias 'production', expected one of canary"),
            ("intent:2", "intent has no version 2, expected 1 to 1"),
            ("indent", "'indent' is not registered: expected one of intent; did you mean 'intent'?"),
        ] {
            let error = #expect(throws: RegistryError.self) { try registry.resolve(VersionSelector(text)) }
            #expect(error?.description == message)
        }
        #expect(throws: RegistryError.self) { try VersionSelector("intent:0") }
        #expect(throws: RegistryError.self) { try VersionSelector("intent:one") }
    }
}
