import Foundation
import Registry
import Storage
import Testing
import TestSupport

struct PromotionTests {
    let scratch: Scratch
    let registry: ReleaseRegistry

    init() throws {
        scratch = try Scratch()
        registry = try scratch.registry()
    }

    @Test func passingEvaluationIsPromoted() throws {
        try scratch.register(of: "a")
        let entry = try #require(try registry.promote("intent", version: 1, by: "ada", reason: "launch"))
        #expect(entry.oldVersion == nil)
        #expect(entry.newVersion == 1)
        #expect(entry.evaluation == (try registry.versions()[0].evaluation))
        #expect(try registry.resolve(VersionSelector("intent")).version == 1)
    }

    @Test func failedEvaluationIsRefusedAndItsChecksNamed() throws {
        try scratch.register(of: "a", passed: false)
        let error = #expect(throws: RegistryError.self) { try registry.promote("intent", version: 1, by: "ada") }
        #expect(error?.kind == .refused)
        #expect(error?.description == "intent:1 did not pass its evaluation: accuracy: 0.71, expected 0.85")
        #expect(try registry.aliases().isEmpty)
        #expect(try registry.history().count == 1)
    }

    @Test func missingEvaluationIsRefused() throws {
        try scratch.register(of: "a", passed: nil)
        let error = #expect(throws: RegistryError.self) { try registry.promote("intent", version: 1, by: "ada") }
        #expect(error?.kind == .refused)
    }

    @Test func overrideIsKept() throws {
        try scratch.register(of: "a", passed: false)
        _ = try registry.promote("intent", version: 1, by: "ada", override: "the old one is worse")
        let entry = try #require(try registry.history().last)
        #expect(entry.override == "the old one is worse")
        #expect(entry.passed == false)
    }

    @Test func damagedEvaluationDoesNotClear() throws {
        let version = try scratch.register(of: "a", passed: false)
        let evaluation = try #require(version.evaluation)
        let path = registry.store.path(of: evaluation)
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing("false", with: "true")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: RegistryError.self) { try registry.promote("intent", version: 1, by: "ada") }
        #expect(error?.kind == .damaged)
    }

    @Test func promotingWhatIsThereChangesNothing() throws {
        try scratch.register(of: "a")
        _ = try registry.promote("intent", version: 1, by: "ada")
        let before = try registry.sequence()
        #expect(try registry.promote("intent", version: 1, by: "ada") == nil)
        #expect(try registry.sequence() == before)
    }

    @Test func rollbackGoesBackOnePromotionAtATime() throws {
        for text in ["a", "b", "c"] { try scratch.register(of: text) }
        for version in 1...3 { _ = try registry.promote("intent", version: version, by: "ada") }
        #expect(try registry.rollback("intent", by: "grace", reason: "slow").newVersion == 2)
        #expect(try registry.rollback("intent", by: "grace", reason: "slow still").newVersion == 1)
        let error = #expect(throws: RegistryError.self) {
            try registry.rollback("intent", by: "grace", reason: "slow")
        }
        #expect(error?.description.contains("nothing to go back to") == true)
        _ = try registry.promote("intent", version: 3, by: "ada")
        #expect(try registry.rollback("intent", by: "grace", reason: "again").newVersion == 1)
    }

    @Test func aliasesMoveApart() throws {
        for text in ["a", "b"] { try scratch.register(of: text) }
        _ = try registry.promote("intent", version: 1, alias: "production", by: "ada")
        _ = try registry.promote("intent", version: 2, alias: "canary", by: "ada")
        _ = try registry.promote("intent", version: 1, alias: "canary", by: "ada")
        #expect(try registry.rollback("intent", alias: "canary", by: "ada", reason: "x").newVersion == 2)
        #expect(try registry.resolve(VersionSelector("intent@production")).version == 1)
    }
}
