import Adapters
import ChatTemplates
import Checkpoints
import Foundation
import GGUF
import Storage
import Testing
import TestSupport
import Tokenizers
import Training
import Transformers

/// The forms in which users have preferences and a teacher's log-probabilities, good and bad, with the bundled base.
@Suite struct DataFormTests {
    private func tokenizer() throws -> Tokenizer { try Checkpoint(path: Checkout.base).tokenizer }

    private func read(
        _ lines: String..., maximumLength: Int = 1024, tooLong: AdapterRecipe.TooLong = .drop,
        template: String? = nil
    ) throws -> TrainingSet {
        let folder = try ScratchFolder()
        let path = try folder.write("forms.jsonl", lines.joined(separator: "\n"))
        let checkpoint = try Checkpoint(path: Checkout.base)
        let encoder = ConversationEncoder(
            tokenizer: try checkpoint.tokenizer,
            template: try template.map { try ChatTemplate(source: $0) } ?? checkpoint.template, date: Fixtures.someDay,
            readsTeacher: true)
        do {
            return try TrainingSet(path: path, encoder: encoder, maximumLength: maximumLength, tooLong: tooLong)
        } catch let error as TrainingError {
            throw TrainingError(error.description.replacingOccurrences(of: path, with: "F"))
        }
    }

    private func said(_ example: TrainingExample) throws -> String {
        try tokenizer().decode(zip(example.tokens, example.weights).filter { $0.1 != 0 }.map(\.0))
    }

    // MARK: Preferences

    private static let prompt = #"{"role":"user","content":"Where is it?"}"#

    @Test(arguments: [
        #"{"input":{"messages":[\#(prompt)]},"preferred_output":[{"role":"assistant","content":"Here."}],"#
            + #""non_preferred_output":[{"role":"assistant","content":"No idea."}]}"#,
        #"{"prompt":"Where is it?","chosen":"Here.","rejected":"No idea."}"#,
        #"{"prompt":[\#(prompt)],"chosen":[{"role":"assistant","content":"Here."}],"#
            + #""rejected":[{"role":"assistant","content":"No idea."}]}"#,
        #"{"chosen":[\#(prompt),{"role":"assistant","content":"Here."}],"#
            + #""rejected":[\#(prompt),{"role":"assistant","content":"No idea."}]}"#,
        #"{"prompt":[\#(prompt)],"chosen":[\#(prompt),{"role":"assistant","content":"Here."}],"#
            + #""rejected":[{"role":"assistant","content":"No idea."}]}"#,
    ])
    func everyFormOfAPreferenceIsThePair(line: String) throws {
        let set = try read(line)
        #expect(set.isOfPreferences)
        #expect(set.lineCount == 1)
        let pair = try #require(set.conversations.first)
        #expect(try pair.map(said) == ["Here.<|im_end|>", "No idea.<|im_end|>"])
        #expect(
            try tokenizer().decode(pair[0].tokens)
                == "<|im_start|>user\nWhere is it?<|im_end|>\n<|im_start|>assistant\nHere.<|im_end|>")
        try set.check("F", for: .dpo)
        #expect(throws: TrainingError.self) { try set.check("F", for: .crossEntropy) }
    }

    @Test func badPreferencesAreNamed() throws {
        let cases = [
            (#"{"prompt":"a","chosen":"b","rejected":"b"}"#, "chosen and rejected: equal answers"),
            (#"{"prompt":"a","chosen":"b"}"#, "rejected: missing"),
            (#"{"prompt":"a","chosen":"b","rejected":3}"#, "rejected: an integer"),
            (#"{"chosen":"b","rejected":"c"}"#, "prompt: missing"),
            (
                #"{"chosen":[{"role":"user","content":"x"},{"role":"assistant","content":"b"}],"#
                    + #""rejected":[{"role":"user","content":"y"},{"role":"assistant","content":"c"}]}"#,
                "chosen and rejected: answers to unequal prompts"
            ),
            (#"{"preferred_output":[],"non_preferred_output":[]}"#, "input.messages: missing"),
            (
                #"{"input":{"messages":[\#(DataFormTests.prompt)]},"preferred_output":[\#(DataFormTests.prompt)],"#
                    + #""non_preferred_output":[]}"#, "preferred_output: 1 messages, expected one of role assistant"
            ),
            (#"{"messages":[\#(DataFormTests.prompt)]}"#, "a conversation, expected a pair of answers as in the first"),
        ]
        let good = #"{"prompt":"a","chosen":"b","rejected":"c"}"#
        for (line, expected) in cases {
            let error = try #require(throws: TrainingError.self, "\(expected)") { _ = try read(good, line) }
            #expect(error.description.hasPrefix("F line 2: \(expected)"), "\(error.description)")
        }
    }

    // MARK: A teacher's log-probabilities

    private func line(_ content: String, _ logprobs: String) -> String {
        #"{"messages":[{"role":"user","content":"Hi."},"#
            + #"{"role":"assistant","content":"\#(content)","logprobs":\#(logprobs)}]}"#
    }

    /// The tokens of a text as a service would report them, each with itself and one other as alternatives.
    private func content(_ text: String, _ alternative: String) throws -> String {
        let tokens = try tokenizer().encode(text, parseSpecial: false)
        let entries = try tokens.map { token -> String in
            let bytes = try tokenizer().piece(token).map(String.init).joined(separator: ",")
            return #"{"token":"?","bytes":[\#(bytes)],"logprob":-0.5,"top_logprobs":["#
                + #"{"token":"?","bytes":[\#(bytes)],"logprob":-0.5},\#(alternative)]}"#
        }
        return #"{"content":[\#(entries.joined(separator: ","))]}"#
    }

    @Test func tokensOfTheSameTextAreMapped() throws {
        let other = #"{"token":" the","logprob":-1.5},{"token":" the zxqv","logprob":-4}"#
        let set = try read(line("A table for two.", content("A table for two.", other)))
        let example = try #require(set.conversations.first?.first)
        let answer = try tokenizer().encode("A table for two.", parseSpecial: false)
        #expect(set.answerTokenCount == answer.count + 1)
        #expect(set.taughtTokenCount == answer.count)
        #expect(set.taughtAnswerCount == 1)
        // No token of the base spells the third alternative.
        #expect(set.unmappedAlternativeCount == answer.count)
        let the = try #require(try tokenizer().encode(" the", parseSpecial: false).first)
        let first = example.tokens.count - answer.count - 1
        for (index, token) in answer.enumerated() {
            #expect(
                example.teacher[first + index]
                    == TokenDistribution(tokens: [token, the], logProbabilities: [-0.5, -1.5]))
        }
    }

    /// A teacher with another vocabulary counts only where both begin the same token at the same place.
    @Test func aTeacherWithOtherTokensCountsWhereTheyAgree() throws {
        let tokens = try tokenizer().encode("A table for two.", parseSpecial: false)
        let pieces = try tokens.map { String(decoding: try tokenizer().piece($0), as: UTF8.self) }
        #expect(pieces.count >= 4)
        // The second token comes as two, and the rest as the base has it.
        let second = pieces[1]
        let parts = [pieces[0], String(second.prefix(2)), String(second.dropFirst(2))] + pieces[2...]
        let entries = parts.map { #"{"token":"\#($0)","logprob":-0.25}"# }.joined(separator: ",")
        let set = try read(line("A table for two.", #"{"content":[\#(entries)]}"#))
        #expect(set.taughtTokenCount == tokens.count - 1)
        let example = try #require(set.conversations.first?.first)
        let first = example.tokens.count - tokens.count - 1
        #expect(example.teacher[first + 1] == nil)
        #expect(
            example.teacher[first + 2] == TokenDistribution(tokens: [tokens[2]], logProbabilities: [-0.25]))
    }

    /// Services cut white space off a text, repeat alternatives, say -9999 for what is unlikely, and leave the said token
    /// out of the alternatives.
    @Test func habitsOfServicesAreKnown() throws {
        let tokens = try tokenizer().encode("A table for two.", parseSpecial: false)
        let pieces = try tokens.map { String(decoding: try tokenizer().piece($0), as: UTF8.self) }
        let the = try #require(try tokenizer().encode(" the", parseSpecial: false).first)
        let top = [
            #"{"token":" the","logprob":-1.5}"#, #"{"token":" the","logprob":-1.5}"#,
            #"{"token":".","logprob":-9999.0}"#,
        ].joined(separator: ",")
        let entries = (["\\n"] + pieces + [" "]).map {
            #"{"token":"\#($0)","logprob":-0.5,"bytes":null,"top_logprobs":[\#(top)]}"#
        }
        let set = try read(
            line("A table for two.", #"{"content":[\#(entries.joined(separator: ","))],"refusal":null}"#))
        let example = try #require(set.conversations.first?.first)
        let first = example.tokens.count - tokens.count - 1
        for (index, token) in tokens.dropLast().enumerated() {
            #expect(
                example.teacher[first + index]
                    == TokenDistribution(tokens: [token, the], logProbabilities: [-0.5, -1.5]))
        }
        #expect(set.teacherPlaceCount == tokens.count + 2)
        #expect(set.taughtPlaceCount == tokens.count)
        #expect(set.unmappedAlternativeCount == 0)
        let ids = tokens + [2]
        let sentinel = try read(
            line(
                "A table for two.",
                #"{"ids":[\#(ids.map { "[\($0),7]" }.joined(separator: ","))],"#
                    + #""logprobs":[\#(ids.map { _ in "[-0.1,-9999.0]" }.joined(separator: ","))]}"#))
        #expect(
            sentinel.conversations.first?.first?.teacher.values.allSatisfy { $0.logProbabilities == [-0.1] } == true)
    }

    /// Nothing is said of an answer that has none, or that calls a tool in words of the service's own.
    @Test func answersWithoutUsableLogProbabilitiesAreNoErrors() throws {
        let call =
            #"{"messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":"","tool_calls":["#
            + #"{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}],"#
            + #""logprobs":{"content":[{"token":"<call:weather>","logprob":-0.1}]}}]}"#
        let template =
            "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls %}{{ c.function | tojson }}{% endfor %}"
            + "{{ '<|im_end|>' }}{% endfor %}"
        let set = try read(call, line("Yes.", #"{"content":null,"refusal":null}"#), template: template)
        #expect(set.taughtTokenCount == 0)
        #expect(set.teacherPlaceCount == 1)
        #expect(set.taughtAnswerCount == 1)
        #expect(set.taughtShare == 0)
        #expect(try read(line("Yes.", "null")).taughtShare == nil)
    }

    @Test func idsAreTakenAsTheyAre() throws {
        let tokens = try tokenizer().encode("Yes.", parseSpecial: false) + [2]
        let ids = tokens.map { "[\($0),7]" }.joined(separator: ",")
        let logs = tokens.map { _ in "[-0.1,-3]" }.joined(separator: ",")
        let set = try read(line("Yes.", #"{"ids":[\#(ids)],"logprobs":[\#(logs)]}"#))
        #expect(set.taughtTokenCount == tokens.count)
        let named = tokens.dropLast().map { #"{"token":"token_id:\#($0)","logprob":-0.1}"# }.joined(separator: ",")
        #expect(try read(line("Yes.", #"{"content":[\#(named)]}"#)).taughtTokenCount == tokens.count - 1)
    }

    @Test func badLogProbabilitiesAreNamed() throws {
        let count = try tokenizer().encode("Yes.", parseSpecial: false).count
        let places = { (entry: String) in [String](repeating: entry, count: count).joined(separator: ",") }
        let cases = [
            (#"{"ids":[[1]],"logprobs":[]}"#, "logprobs: 1 ids and 0 logprobs"),
            (#"{"ids":[],"logprobs":[]}"#, "logprobs: 0 places, expected \(count + 1), the answer's tokens"),
            (#"{"ids":[\#(places("[1,2]"))],"logprobs":[\#(places("[-1]"))]}"#, "logprobs: place 1: expected as many"),
            (
                #"{"ids":[\#(places("[99999999]"))],"logprobs":[\#(places("[-1]"))]}"#,
                "logprobs: place 1: id 99999999, expected 0 to"
            ),
            (
                #"{"ids":[\#(places("[1,2]"))],"logprobs":[\#(places("[-0.1,-0.1]"))]}"#,
                "logprobs: place 1: probabilities that add up to 1.8"
            ),
            (#"{"ids":[\#(places("[1,1]"))],"logprobs":[\#(places("[-1,-1]"))]}"#, "logprobs: place 1: an id twice"),
            (#"{"content":[{"token":"No","logprob":-1}]}"#, "logprobs: tokens of 2 bytes that spell another text"),
            (#"{"content":[{"token":"Yes."}]}"#, "logprobs: place 1: a token without a logprob"),
            (#"{"content":[{"token":"Yes.","logprob":0.7}]}"#, "logprobs: place 1: a logprob of 0.7, expected"),
            (
                #"{"content":[{"token":"Yes.","logprob":-1,"top_logprobs":{}}]}"#,
                "logprobs: place 1: top_logprobs is an object"
            ),
            (
                #"{"content":[{"token":"Yes.","logprob":-0.1,"top_logprobs":[{"token":"No","logprob":-0.1}]}]}"#,
                "logprobs: place 1: probabilities that add up to 1.8"
            ),
            (#"[1]"#, "logprobs: neither 'content' nor 'ids'"),
        ]
        for (logprobs, expected) in cases {
            let error = try #require(throws: TrainingError.self, "\(expected)") {
                _ = try read(line("Yes.", logprobs))
            }
            #expect(error.description.hasPrefix("F line 1: message 2: \(expected)"), "\(error.description)")
        }
        let user = try #require(throws: TrainingError.self) {
            _ = try read(#"{"messages":[{"role":"user","content":"a","logprobs":{}}]}"#)
        }
        #expect(user.description.hasPrefix("F line 1: message 1: logprobs on a message of role user"))
    }

    // MARK: Weights, tools, length

    @Test func weightsAreNumbersFromZeroOn() throws {
        let set = try read(
            #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0.25}]}"#)
        #expect(set.conversations.first?.first?.weights.last == 0.25)
        for weight in ["-1", "\"1\"", "true"] {
            let error = try #require(throws: TrainingError.self) {
                _ = try read(
                    #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":\#(weight)}]}"#
                )
            }
            #expect(error.description == "F line 1: message 2: weight: \(weight), expected a number from 0 on")
        }
    }

    @Test func longExamplesAreDroppedCutOrRefused() throws {
        let long = String(repeating: "word ", count: 100)
        let answer = #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"\#(long)"}]}"#
        let prompt = #"{"messages":[{"role":"user","content":"\#(long)"},{"role":"assistant","content":"b"}]}"#
        let dropped = try read(answer, prompt, maximumLength: 40)
        #expect(dropped.tooLongCount == 2)
        #expect(dropped.truncatedCount == 0)
        let cut = try read(answer, prompt, maximumLength: 40, tooLong: .truncate)
        #expect(cut.truncatedCount == 1)
        // Of the second, nothing to say is left.
        #expect(cut.tooLongCount == 1)
        #expect(cut.conversations.first?.first?.tokens.count == 40)
        let error = try #require(throws: TrainingError.self) {
            _ = try read(answer, maximumLength: 40, tooLong: .error)
        }
        #expect(error.description.hasPrefix("F line 1: an answer of "))
        #expect(error.description.hasSuffix("tokens with its prompt, expected 40 at most"))
    }

    /// Calls are learned as the template writes them: Qwen's writes arguments as JSON, so that text must become an object.
    @Test(
        .needsFixtures,
        arguments: [#""{\"city\": \"Bern\"}""#, #"{"city": "Bern"}"#])
    func answersThatCallToolsAreLearnedAsTheTemplateWritesThem(arguments: String) throws {
        let vocabulary = try GGUFFile(path: Fixtures.path("tokenizers/ggml-vocab-qwen2.gguf"))
        let tokenizer = try Tokenizer(metadata: vocabulary.metadata)
        let template = try ChatTemplate(
            source: String(contentsOfFile: Fixtures.path("templates/Qwen-Qwen2.5-7B-Instruct.jinja"), encoding: .utf8))
        let line =
            #"{"messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":["#
            + #"{"id":"c1","type":"function","function":{"name":"weather","arguments":\#(arguments)}}]},"#
            + #"{"role":"tool","tool_call_id":"c1","content":"rain"},{"role":"assistant","content":"Rain."}],"#
            + #""tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]}"#
        let folder = try ScratchFolder()
        let path = try folder.write("tools.jsonl", line)
        let set = try TrainingSet(
            path: path, encoder: ConversationEncoder(tokenizer: tokenizer, template: template, date: Fixtures.someDay),
            maximumLength: 4096)
        let examples = try #require(set.conversations.first)
        #expect(examples.count == 2)
        func said(_ example: TrainingExample) -> String {
            tokenizer.decode(zip(example.tokens, example.weights).filter { $0.1 != 0 }.map(\.0))
        }
        #expect(
            said(examples[0])
                == "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\"}}\n</tool_call><|im_end|>")
        #expect(said(examples[1]) == "Rain.<|im_end|>")
        let prompt = tokenizer.decode(zip(examples[1].tokens, examples[1].weights).filter { $0.1 == 0 }.map(\.0))
        #expect(prompt.contains("# Tools"))
        #expect(prompt.contains("<tool_response>\nrain\n</tool_response>"))
        // The first answer's prompt and the answer itself begin the second example: computed once.
        #expect(PackedBatch(examples).batch.tokens.count < examples[0].tokens.count + examples[1].tokens.count / 2)
    }
}
