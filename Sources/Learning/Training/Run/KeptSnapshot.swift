import Adapters
import Foundation
import JSON
public import PlainText

/// What an earlier run left in a snapshot directory.
public struct KeptSnapshot: Sendable {
    static let name = "/snapshot.bin"
    static let finishedName = "/finished.bin"

    /// The file.
    public let path: String
    /// Whether what its run trained is written: it is no unfinished work.
    public let isFinished: Bool
    private let header: JSONValue

    /// nil where there is none.
    ///
    /// - Throws: ``TrainingError`` for one that is damaged.
    public init?(in directory: String) throws {
        let names = [KeptSnapshot.name, KeptSnapshot.finishedName]
        guard let name = names.first(where: { FileManager.default.fileExists(atPath: directory + $0) }) else {
            return nil
        }
        path = directory + name
        isFinished = name == KeptSnapshot.finishedName
        header = try TrainingSnapshot.header(path)
    }

    /// The steps that it holds.
    public var step: Int { header["step"]?.integerValue ?? 0 }

    /// The date that the run's prompts print, so that a resumed run prints it too; nil where its template prints none.
    public var date: LocalTime? { header["date"]?.stringValue.flatMap { LocalTime($0) } }

    /// The size of the micro-batches, where a plan chose it rather than the recipe.
    var chosenTokens: Int? { header["chosen_tokens_per_micro_batch"]?.integerValue }

    /// What its run is made of that this run is not, in words; empty where the run can go on from it.
    public func differences(from run: TrainingRun) -> [String] {
        var identity = run.identity, recipe = run.recipe
        if let chosenTokens {
            recipe.tokensPerMicroBatch = chosenTokens
            identity.recipe = recipe.digest
        }
        return TrainingSnapshot.differences(header, identity, recipe.json)
    }
}
