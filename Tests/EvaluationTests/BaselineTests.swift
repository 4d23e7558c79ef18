import Evaluation
import Foundation
import Testing
import TestSupport

/// Against scikit-learn's TfidfVectorizer and LinearSVC; `Oracles/make_metric_values.py` prints the values.
@Suite struct BaselineTests {
    private static let banking = Checkout.shared.appending(path: "data/banking77")

    @Test func decisionsAreThoseOfScikitLearn() async throws {
        let texts = [
            "Where is my parcel?", "The parcel has not arrived yet", "I want my money back", "Please refund my order",
            "Cancel my order now", "How do I cancel the subscription", "money back please!", "track the parcel",
        ]
        let features = TextFeatures(texts)
        let classifier = await LinearClassifier(
            texts.map(features.vector), classes: [1, 1, 0, 0, 2, 2, 0, 1], classCount: 3, featureCount: features.count)
        let expected = [
            ("where is the parcel", [-0.9890170544216205, 0.8781574745576073, -0.8516732441987653]),
            ("give my money back", [0.6642305421611694, -0.7810030482031567, -0.8362070101656078]),
            ("cancel it", [-0.8067804423666448, -0.5904609734060241, 0.5536129457569716]),
            ("xyz", [-0.19502347784906496, -0.1613054671350433, -0.3278121714041813]),
        ]
        for (text, decisions) in expected {
            for (found, wanted) in zip(classifier.decisions(features.vector(text)), decisions) {
                #expect((found - wanted).magnitude < 0.01, "\(text)")
            }
        }
    }

    /// The data lie beside the checkout; without them this is skipped. scikit-learn gets 669 of 770 right.
    @Test(.needsShared("data/banking77"))
    func aQuarterOfBanking77() async throws {
        let (train, test) = (try rows("train"), try rows("test"))
        #expect(train.count == 2501 && test.count == 770)
        let labels = Set(train.map(\.label)).sorted()
        let baseline = try await LinearBaseline(training: train, labels: labels)
        let right = test.count { baseline.prediction(for: $0).answer == $0.label }
        #expect((664...674).contains(right), "\(right) of 770")
    }

    private func rows(_ name: String) throws -> [EvaluationExample] {
        let text = try String(contentsOf: BaselineTests.banking.appending(path: "\(name).csv"), encoding: .utf8)
        let rows = CommaSeparated.rows(text).dropFirst().filter { $0.count == 2 }
        return rows.enumerated().filter { $0.offset % 4 == 0 }.map { index, row in
            EvaluationExample(id: "\(index)", messages: [], input: row[0], label: row[1])
        }
    }

    @Test func oneLabelIsNothingToLearn() async {
        let rows = [EvaluationExample(id: "1", messages: [], input: "a b", label: "refund")]
        let error = await #expect(throws: EvaluationError.self) {
            try await LinearBaseline(training: rows, labels: Samples.labels)
        }
        #expect(error?.description == "baseline: training rows of 1 labels, expected two or more")
    }
}

/// Just enough of RFC 4180 for the data set.
private enum CommaSeparated {
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\n" where !isQuoted, "\r\n" where !isQuoted:
                rows.append(row + [field])
                row = []
                field = ""
            default: field.append(character)
            }
        }
        return field.isEmpty && row.isEmpty ? rows : rows + [row + [field]]
    }
}
