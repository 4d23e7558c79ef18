import Adapters
import JSON
public import PlainText
public import Storage

/// A split as examples, in the order of the file.
public struct TrainingSet: Sendable {
    /// The examples of each conversation that has any: one for each answer. Of a set of preferences, the better answer
    /// and the worse of each pair.
    public private(set) var conversations: [[TrainingExample]] = []
    /// Whether the lines are pairs of answers.
    public private(set) var isOfPreferences = false
    /// The digest of the file.
    public let digest: ContentDigest
    /// The date that the prompts print; nil where the template prints none.
    public let date: LocalTime?
    /// Lines with a conversation.
    public private(set) var lineCount = 0
    /// Conversations without an answer that counts.
    public private(set) var maskedCount = 0
    /// Answers (or pairs) left out because they and their prompt are longer than the limit.
    public private(set) var tooLongCount = 0
    /// Answers that were cut at the limit.
    public private(set) var truncatedCount = 0
    /// Lines with a character that the vocabulary cannot express, and the first reason.
    public private(set) var unencodableCount = 0
    public private(set) var unencodableReason: String?
    /// Answers whose prompt, tokenized alone as a server does it, ends otherwise than in the whole text.
    public private(set) var partedAnswerCount = 0
    /// Lines with tools that the template does not write.
    public private(set) var toollessCount = 0
    /// Lines with names of speakers that the template does not write.
    public private(set) var namelessCount = 0
    /// Answers that carry a teacher's log-probabilities.
    public private(set) var taughtAnswerCount = 0
    /// Tokens that a teacher says something of, and those of them that are the base's tokens too.
    public private(set) var teacherPlaceCount = 0
    public private(set) var taughtPlaceCount = 0
    /// A teacher's alternatives that no token of the base spells.
    public private(set) var unmappedAlternativeCount = 0

    public var exampleCount: Int { conversations.reduce(0) { $0 + $1.count } }
    public var tokenCount: Int { conversations.joined().reduce(0) { $0 + $1.tokens.count } }
    /// Tokens to say.
    public var answerTokenCount: Int { conversations.joined().reduce(0) { $0 + $1.weights.count { $0 != 0 } } }
    /// Tokens to say for which a teacher's distribution is known.
    public var taughtTokenCount: Int { conversations.joined().reduce(0) { $0 + $1.teacher.count } }

    /// The part of a teacher's tokens that can be learned from; nil where there is no teacher. Small where it cuts texts
    /// into other tokens than the base.
    public var taughtShare: Double? {
        teacherPlaceCount > 0 ? Double(taughtPlaceCount) / Double(teacherPlaceCount) : nil
    }

    /// Reads JSON Lines: conversations, or pairs of answers. `Documentation/Formats/TrainingData.md` describes the forms.
    ///
    /// - Parameters:
    ///   - maximumLength: the longest example, tokens.
    ///   - tooLong: what becomes of longer ones.
    /// - Throws: ``TrainingError`` that names file and line, without their content; `StorageError` for a file that
    ///   cannot be read.
    public init(
        path: String, encoder: ConversationEncoder, maximumLength: Int, tooLong: AdapterRecipe.TooLong = .drop
    ) throws {
        digest = try ContentDigest(ofFile: path)
        date = encoder.date
        let reader = try JSONLinesReader(path: path)
        var failures: [TrainingError] = []
        // What a damaged file holds behind the damage is no line's fault: its reader throws.
        while failures.count < TrainingSet.shownFailures, let line = try reader.next() {
            lineCount += 1
            do {
                let encoded = try encoder.encode(TrainingLine(line.value()))
                try add(encoded, maximumLength: maximumLength, tooLong: tooLong)
            } catch let error as JSONLineError {
                failures.append(TrainingError("\(path) line \(line.number): \(error)"))
            } catch {
                failures.append(TrainingError(error, at: "\(path) line \(line.number): "))
            }
        }
        if !failures.isEmpty {
            var said = failures.map(\.description)
            if said.count == TrainingSet.shownFailures { said.append("\(path): read no further") }
            throw TrainingError(
                said.joined(separator: "\n"), hint: failures.lazy.compactMap(\.hint).first)
        }
    }

    /// How many lines are named that cannot be learned from.
    private static let shownFailures = 10

    /// What was left out or is not as it looks, in words for people; nothing where all is well.
    public var warnings: [String] {
        var warnings: [String] = []
        if let unencodableReason {
            warnings.append(
                "\(unencodableCount) of \(lineCount) lines left out, since the vocabulary cannot express them: the first: "
                    + unencodableReason)
        }
        if toollessCount > 0 {
            warnings.append(
                "\(toollessCount) of \(lineCount) lines have tools that the chat template does not write: the model learns "
                    + "without seeing them")
        }
        if namelessCount > 0 {
            warnings.append(
                "\(namelessCount) of \(lineCount) lines have names of speakers that the chat template does not write: the "
                    + "model learns without seeing them")
        }
        if partedAnswerCount > 0 {
            warnings.append(
                "\(partedAnswerCount) answers follow prompts that end otherwise than in the whole text: they are learned "
                    + "after the prompt that a server has")
        }
        return warnings
    }

    /// Examples that are there already.
    public init(_ examples: [TrainingExample], digest: ContentDigest) {
        self.digest = digest
        date = nil
        conversations = examples.map { [$0] }
        lineCount = examples.count
    }

    /// Pairs that are there already.
    package init(pairs: [(chosen: TrainingExample, rejected: TrainingExample)], digest: ContentDigest) {
        self.digest = digest
        date = nil
        conversations = pairs.map { [$0.chosen, $0.rejected] }
        lineCount = pairs.count
        isOfPreferences = true
    }

    /// Checks that there is something to learn from, and that it is what the recipe's loss learns from.
    ///
    /// - Throws: ``TrainingError``.
    public func check(_ path: String, for loss: AdapterRecipe.Loss = .crossEntropy) throws {
        if lineCount > 0, isOfPreferences != (loss == .dpo) {
            throw TrainingError(
                isOfPreferences
                    ? "\(path): pairs of answers, expected conversations for loss: \(loss.rawValue)"
                    : "\(path): conversations, expected pairs of answers for loss: dpo",
                hint: isOfPreferences ? "set loss: dpo in the recipe" : "see Documentation/Formats/TrainingData.md")
        }
        guard conversations.isEmpty else { return }
        var found = lineCount == 0 ? "no lines" : "\(lineCount) lines"
        if maskedCount > 0 { found += ", \(maskedCount) without an answer that counts" }
        if tooLongCount > 0 { found += ", \(tooLongCount) answers longer than the limit" }
        if let unencodableReason {
            found += ", \(unencodableCount) that the vocabulary cannot express (\(unencodableReason))"
        }
        throw TrainingError("\(path): nothing to learn from: \(found), expected at least one answer")
    }

    private mutating func add(
        _ encoded: ConversationEncoder.Encoded, maximumLength: Int, tooLong: AdapterRecipe.TooLong
    ) throws {
        if lineCount == 1 {
            isOfPreferences = encoded.isPair
        } else if isOfPreferences != encoded.isPair {
            throw TrainingError(
                "\(encoded.isPair ? "a pair of answers" : "a conversation"), expected "
                    + "\(isOfPreferences ? "a pair of answers" : "a conversation") as in the first line")
        }
        if let reason = encoded.unencodable {
            unencodableCount += 1
            unencodableReason = unencodableReason ?? reason
            return
        }
        if encoded.examples.isEmpty { maskedCount += 1 }
        partedAnswerCount += encoded.partedAnswers
        if encoded.lacksTools { toollessCount += 1 }
        if encoded.lacksNames { namelessCount += 1 }
        taughtAnswerCount += encoded.taughtAnswers
        teacherPlaceCount += encoded.teacherPlaces
        taughtPlaceCount += encoded.taughtPlaces
        unmappedAlternativeCount += encoded.unmappedAlternatives
        var kept: [TrainingExample] = []
        for example in encoded.examples {
            guard example.tokens.count > maximumLength else {
                kept.append(example)
                continue
            }
            switch tooLong {
            case .drop: tooLongCount += 1
            case .error:
                throw TrainingError(
                    "an answer of \(example.tokens.count) tokens with its prompt, expected \(maximumLength) at most",
                    hint: "set too_long: drop or truncate, or a larger maximum_length")
            case .truncate:
                // The prompt stays whole, so that it is still the one that serving sees.
                let cut = example.prefix(maximumLength)
                if cut.totalWeight > 0 {
                    truncatedCount += 1
                    kept.append(cut)
                } else {
                    tooLongCount += 1
                }
            }
        }
        if encoded.isPair, kept.count < 2 || kept[0].tokens == kept[1].tokens {
            // Half a pair says nothing, and neither do two answers that are cut to the same.
            if kept.count == 2 { tooLongCount += 1 }
            kept = []
        }
        if !kept.isEmpty { conversations.append(kept) }
    }
}

extension TrainingExample {
    /// The first tokens alone.
    fileprivate func prefix(_ count: Int) -> TrainingExample {
        TrainingExample(
            tokens: Array(tokens.prefix(count)), weights: Array(weights.prefix(count)),
            teacher: teacher.filter { $0.key < count })
    }
}
