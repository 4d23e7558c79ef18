import ArgumentParser
import Foundation
import JSON
import Serving
import StageInterface
import Storage

/// Makes a key for a client, and says the digest by which the server knows it.
struct KeyCommand: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-serve key",
        abstract: "Make a key for a client of retort-serve, and the digest that --clients has in its place.",
        discussion: """
            Prints the key and its digest. The key is for the client and is kept nowhere; the digest is for the file. With \
            --file nothing is made, and the digest is that of a key which exists.

            Example: retort-serve key
            """,
        version: retortVersion)

    @OptionGroup var options: StageOptions

    @Option(help: "A file that holds a key and nothing else; - is standard input.") var file: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let key: ClientKey
        if let file {
            let handle = file == "-" ? FileHandle.standardInput : try FileHandle(readingFrom: file)
            let data = try handle.read(upToCount: 1 << 16) ?? Data()
            let source = file == "-" ? "standard input" : file
            key = try ClientKey(String(decoding: data, as: UTF8.self), source: source)
        } else {
            key = ClientKey.random()
            console.data("key: \(key.text)")
        }
        console.data("digest: \(key.digest)")
        var details = JSONObject()
        if file == nil { details["key"] = .string(key.text) }
        details["digest"] = .string(key.digest.description)
        var report = StageReport(stage: Self.commandName)
        report.details = .object(details)
        return report
    }
}
