import Dialects
import Foundation
import GRDB
import JSON
import Storage

extension TeacherLedger {
    /// The key of a request: what makes the answer, and not where it is asked.
    static func key(dialect: Dialect, model: String, body: JSONValue) -> ContentDigest {
        let identity: JSONValue = ["dialect": .string(dialect.rawValue), "model": .string(model), "request": body]
        return ContentDigest(of: identity.serializedBytes(.canonical))
    }

    /// A response that was paid for.
    struct Kept: Sendable {
        var body: [UInt8]
        var usage: TokenUsage
        var cost: USD
    }

    func response(for key: ContentDigest) async throws -> Kept? {
        try await database.read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT body, input_tokens, output_tokens, cost_units FROM teacher_response WHERE key = ?",
                arguments: [key.column])
            guard let row else { return nil }
            let body: [UInt8] = Array(row["body"] as Data)
            let usage = TokenUsage(input: row["input_tokens"], output: row["output_tokens"])
            return Kept(body: body, usage: usage, cost: USD(units: row["cost_units"]))
        }
    }

    /// Keeps a response and its cost, in one transaction.
    func settle(
        _ entry: Int64?, key: ContentDigest, endpoint: TeacherEndpoint, response: TeacherResponse
    ) async throws {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO teacher_response
                    (key, dialect, model, digest, body, input_tokens, output_tokens, cost_units, received_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.column, endpoint.dialect.rawValue, endpoint.model, response.digest.column,
                    Data(response.body), response.usage.input, response.usage.output, response.cost.units,
                    Date().column,
                ])
            guard let entry else { return }
            try database.execute(
                sql: """
                    UPDATE teacher_spend
                    SET state = 'settled', units = ?, input_tokens = ?, output_tokens = ?, doubt = ? WHERE id = ?
                    """,
                arguments: [
                    response.cost.units, response.usage.input, response.usage.output, response.usageDoubt, entry,
                ])
        }
    }

    /// What an earlier run learned of a teacher's requests.
    func form(of teacher: String) async throws -> RequestForm? {
        let text = try await database.read { database in
            try String.fetchOne(
                database, sql: "SELECT form FROM teacher_form WHERE teacher = ?", arguments: [teacher])
        }
        // What another version wrote and this one cannot read is learned again.
        return text.flatMap { try? JSONValue(parsing: $0) }.flatMap(RequestForm.init)
    }

    func keep(_ form: RequestForm, of teacher: String) async throws {
        let text = form.json.serialized()
        try await database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO teacher_form (teacher, form, learned_at) VALUES (?, ?, ?)",
                arguments: [teacher, text, Date().column])
        }
    }
}
