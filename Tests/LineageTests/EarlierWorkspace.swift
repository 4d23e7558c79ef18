import Foundation
import GRDB
import TestSupport

/// A workspace as the executables of an earlier release left it; `Workspace/make` made it.
struct EarlierWorkspace {
    let folder: ScratchFolder
    var path: String { folder.file("w") }
    static let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Workspace")

    /// What the earlier release wrote, before anything brings it up to date.
    let interactions: [String]
    let bookingTimes: [String]

    init() throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: folder.file("w"), withIntermediateDirectories: true)
        for name in ["store", "registry-head.json"] {
            try FileManager.default.copyItem(
                atPath: EarlierWorkspace.source.appending(path: name).path, toPath: folder.file("w/\(name)"))
        }
        let text = try String(contentsOf: EarlierWorkspace.source.appending(path: "retort.sql"), encoding: .utf8)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: folder.file("w/retort.sqlite"), configuration: configuration)
        (interactions, bookingTimes) = try database.write { database in
            try database.execute(sql: text)
            return (
                try String.fetchAll(database, sql: "SELECT id FROM interaction ORDER BY id"),
                try String.fetchAll(database, sql: "SELECT created_at FROM teacher_spend ORDER BY id")
            )
        }
        try database.close()
    }

    func run(_ program: String, _ arguments: String...) throws -> Executable.Outcome {
        try Executable.run(program, arguments + ["--workspace", path])
    }
}
