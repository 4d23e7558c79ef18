import Foundation
import JSON
import TestSupport

/// What tests of the built `retort-pull` share: rows to write, and what it made of them.
protocol PullSuite {
    var folder: ScratchFolder { get }
}

extension PullSuite {
    /// One row; `request` and `response` are the members inside of the braces.
    func row(_ time: String, _ content: String, extra: String = "", answer: String = #""Hi.""#) -> String {
        #"{"timestamp":\#(time),"request":{"model":"g","messages":[{"role":"user","content":\#(content)}]},"response":{"#
            + #""object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":\#(answer)},"#
            + #""finish_reason":"stop"}]}\#(extra)}"#
    }

    func pull(_ arguments: String..., input: String = "") throws -> (
        outcome: Executable.Outcome, report: CaseReport?
    ) {
        let outcome = try Executable.run(
            "retort-pull", arguments + ["--workspace", "\(folder)/w", "--json"], input: input)
        return (outcome, CaseReport(outcome.output))
    }

    /// What `--output` wrote, line by line.
    func output(_ path: String) throws -> [JSONValue] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
    }
}
