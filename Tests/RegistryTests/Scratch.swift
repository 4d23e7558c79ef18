import Adapters
import Foundation
import Registry
import Storage
import TestSupport

/// A folder that lives as long as a test, with a workspace and files in it.
final class Scratch: Sendable {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    var path: String { folder.path }
    var workspacePath: String { folder.file("workspace") }

    func registry() throws -> ReleaseRegistry { try ReleaseRegistry(workspace: try Workspace(path: workspacePath)) }

    func file(_ name: String, _ text: String) throws -> String { try folder.write(name, text) }

    /// An artifact's file with some content.
    func artifact(_ text: String) throws -> String { try file("\(text).gguf", "weights of \(text)") }

    /// The base that ``adapter(_:)`` names.
    static let base = ContentDigest(of: "the base's tensors")

    /// A real adapter, for the executable, which reads what it is given.
    func adapter(_ text: String) throws -> String {
        let numbers = text.utf8.map { Float($0) }
        let pair = try LowRankPair(
            rank: 1, inputs: numbers.count, outputs: numbers.count, a: numbers, b: numbers, scale: 1)
        let path = "\(path)/\(text).gguf"
        try LowRankAdapter(
            architecture: "llama", alpha: 1, baseDigest: Scratch.base, tensors: ["blk.0.attn_q.weight": pair]
        ).write(to: path)
        return path
    }

    /// An evaluation report of an artifact's file.
    func report(of artifact: String, passed: Bool, base: ContentDigest? = nil) throws -> String {
        let digest = try ContentDigest(ofFile: artifact)
        let threshold = passed ? 0.7 : 0.85
        let check = #"{"name":"accuracy","value":0.71,"threshold":\#(threshold),"passed":\#(passed)}"#
        let base = base.map { "\"\($0)\"" } ?? "null"
        return try file(
            "report-\(digest.short)-\(passed).json",
            #"{"format":"retort.evaluation/1","artifact":{"kind":"adapter","digest":"\#(digest)","base_digest":\#(base)},"#
                + #""dataset":null,"task":null,"passed":\#(passed),"checks":[\#(check)],"#
                + #""results":{"systems":[{"name":"adapter","accuracy":{"value":0.71,"lower":0.6,"upper":0.8}}]}}"#)
    }

    /// Registers an artifact with a passing evaluation.
    @discardableResult
    func register(_ name: String = "intent", of text: String, passed: Bool? = true) throws -> RegistryVersion {
        var registration = Registration(name: name, artifact: try artifact(text), by: "ada")
        if let passed { registration.evaluation = try report(of: registration.artifact, passed: passed) }
        return try registry().register(registration).version
    }
}
