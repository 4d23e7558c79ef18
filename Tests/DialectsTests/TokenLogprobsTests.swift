import Conversations
import Dialects
import JSON
import Testing

/// What servers say of an answer's tokens: what is kept, and what is refused.
@Suite struct TokenLogprobsTests {
    private func token(_ text: String, _ logprob: JSONValue = -0.5, top: [JSONValue] = []) -> JSONValue {
        ["token": .string(text), "logprob": logprob, "bytes": nil, "top_logprobs": .array(top)]
    }

    private func content(_ entries: JSONValue...) -> JSONValue { ["content": .array(entries), "refusal": nil] }

    private func kind(_ json: JSONValue?, _ answer: String, _ label: String? = nil) -> LogprobsError.Kind? {
        do throws(LogprobsError) {
            _ = try TokenLogprobs(json, answer: answer, label: label ?? answer)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func numbersAndMembersStayAsTheyCame() throws {
        let text =
            #"{"content":[{"token":"Hi","logprob":-0.30000000000000004,"bytes":[72,105],"top_logprobs":["#
            + #"{"token":"Hi","logprob":-0.30000000000000004,"bytes":[72,105],"rank":1},"#
            + #"{"token":"Ho","logprob":-1.5e-7,"bytes":[72,111]}]}]}"#
        // Two probabilities cannot add up to more than 1.
        #expect(kind(try JSONValue(parsing: text), "Hi") == .malformed)
        let json = try JSONValue(parsing: text.replacing("-1.5e-7", with: "-15.25"))
        let kept = try TokenLogprobs(json, answer: "Hi", label: "Hi")
        #expect(kept.json == json)
        #expect(try TokenLogprobs(bytes: kept.bytes) == kept)
        #expect(kept.count == 1)
    }

    @Test func onlyTheTokensOfTheLabelAreKept() throws {
        let json = content(
            token("<think>"), token("refund?"), token("</think>"), token("\n\n\""), token("ref"), token("und"),
            token("\""),
            token("<|im_end|>"))
        let kept = try TokenLogprobs(json, answer: "\"refund\"", label: "refund")
        #expect(kept.json["content"]?.arrayValue?.compactMap { $0["token"]?.stringValue } == ["ref", "und"])
        // White space may come in the same token; part of another word may not.
        let spaced = try TokenLogprobs(content(token(" re"), token("fund\n")), answer: " refund\n", label: "refund")
        #expect(spaced.count == 2)
        #expect(kind(content(token("\"ref"), token("und")), "\"refund", "refund") == .otherText)
        #expect(kind(content(token("Refund")), "Refund", "refund") == .otherText)
    }

    /// A character whose bytes come in two tokens: the texts of both are no characters, `bytes` says what they are.
    @Test func bytesSayWhatTokensSpell() throws {
        let halves: [JSONValue] = [[0xE2, 0x82], [0xAC]].map { bytes in
            ["token": "\u{FFFD}", "logprob": -0.1, "bytes": .array(bytes.map(JSONValue.integer))]
        }
        let json: JSONValue = ["content": .array(halves)]
        #expect(try TokenLogprobs(json, answer: "€", label: "€").count == 2)
        let places = try TokenLogprobs.places(of: json)
        #expect(places.map(\.said.bytes) == [[0xE2, 0x82], [0xAC]])
        let withoutBytes: JSONValue = ["content": [token("\u{FFFD}"), token("\u{FFFD}")]]
        #expect(kind(withoutBytes, "€") == .otherText)
    }

    @Test func whatIsNoLogarithmOfAProbabilityIsRefused() {
        #expect(kind(nil, "a") == .missing)
        #expect(kind(["content": nil, "refusal": [token("No")]], "No") == .missing)
        #expect(kind(content(), "a") == .missing)
        for bad: JSONValue in [0.5, nil, "-0.5", .number(.nan), .number(.infinity)] {
            #expect(kind(content(token("a", bad)), "a") == .malformed, "\(bad)")
            #expect(kind(content(token("a", top: [token("b", bad)])), "a") == .malformed, "\(bad)")
        }
        #expect(kind(content(token("a", -0.1, top: [token("b", -0.1)])), "a") == .malformed)
        #expect(kind(["content": [["token": "a", "logprob": -1, "top_logprobs": 3]]], "a") == .malformed)
        #expect(kind(["content": [["logprob": -1]]], "a") == .malformed)
        #expect(
            throws: LogprobsError(
                .malformed, "place 2: a logprob of 0.5, expected a natural logarithm of a probability, 0 at most")
        ) {
            try TokenLogprobs.places(of: content(token("a"), token("b", 0.5)))
        }
    }

    @Test func repeatedAndUnlikelyAlternativesAreTold() throws {
        let top = [token("b", -0.7), token("a", -9999.0), token("b", -0.7), token("c", -4)]
        let place = try #require(try TokenLogprobs.places(of: content(token("a", -9999.0, top: top))).first)
        // b counts once; that a is unlikely is no probability.
        #expect(place.known.map(\.bytes) == [[98], [99]])
        #expect(place.said.logprob == -.infinity)
        // A said token outside the alternatives is known all the same.
        let rare = try #require(try TokenLogprobs.places(of: content(token("a", -6, top: [token("b", -0.1)]))).first)
        #expect(rare.known.map(\.logprob) == [-6, -0.1])
    }

    @Test func tokensNamedByIDsAreKeptWhole() throws {
        let json = content(token("token_id:17"), token("token_id:2"))
        #expect(try TokenLogprobs(json, answer: "yes", label: "yes").count == 2)
        #expect(kind(json, "\"yes\"", "yes") == .otherText)
    }
}
