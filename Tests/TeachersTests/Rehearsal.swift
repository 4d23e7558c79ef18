import Conversations
import Dialects
import Foundation
import JSON
import Replay
import Storage
import Teachers
import TestSupport

/// A replay server in this process, on a port of its own, for as long as a test runs.
struct Rehearsal {
    let url: String
    let server: ReplayServer

    /// How often the server was asked, and how many whole answers it gave.
    var requests: Int { server.statistics["requests"]?.integerValue ?? -1 }
    var answered: Int { server.statistics["answered"]?.integerValue ?? -1 }
    var answeredAgain: Int { server.statistics["answered_again"]?.integerValue ?? -1 }

    /// Inputs `question 0`, `question 1`, … and the answers `answer 0`, `answer 1`, ….
    static let lines: [JSONValue] = (0..<100).map {
        ["input": .string("question \($0)"), "answer": .string("answer \($0)")]
    }

    static func with<Result>(
        _ configure: (inout ReplayServer.Options) throws -> Void = { _ in }, lines: [JSONValue] = lines,
        _ body: (Rehearsal) async throws -> Result
    ) async throws -> Result {
        var options = ReplayServer.Options()
        try configure(&options)
        let server = ReplayServer(recording: try Recording(lines: lines), options: options)
        return try await server.serve { try await body(Rehearsal(url: $0, server: server)) }
    }

    func endpoint(
        _ dialect: Dialect = .openai, key: APIKey? = nil,
        prices: TokenPrices = TokenPrices(input: 1000, output: 2000)
    ) throws -> TeacherEndpoint {
        try TeacherEndpoint(baseURL: url, model: "teacher-1", dialect: dialect, key: key, prices: prices)
    }
}

/// A workspace's ledger in a folder of its own.
struct ScratchLedger {
    private let folder: ScratchFolder
    let workspace: Workspace
    let ledger: TeacherLedger

    init(_ path: String? = nil) throws {
        folder = try ScratchFolder()
        workspace = try Workspace(path: path ?? folder.path)
        ledger = TeacherLedger(database: try workspace.database(TeacherLedger.migrations))
    }
}

func question(_ number: Int) -> TeacherRequest {
    TeacherRequest(messages: [Message(.system, "Answer."), Message(.user, "question \(number)")], maximumTokens: 16)
}

/// Waits little between tries. The time for an answer is long, since a busy machine may be slow to give it.
let quick = TeacherOptions(timeout: .seconds(120), maximumRetries: 3, firstRetryDelay: .milliseconds(10))
