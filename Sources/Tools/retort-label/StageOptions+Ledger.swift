import Foundation
import StageInterface
import Storage
import Teachers

extension StageOptions {
    /// Opens the book of a workspace that has one.
    func openLedger() throws -> (workspace: Workspace, ledger: TeacherLedger) {
        let path = workspace ?? Workspace.defaultPath
        guard FileManager.default.fileExists(atPath: "\(path)/retort.sqlite") else {
            throw StageFailure(
                .badInput, "workspace \(path): no database, expected one in which retort-label has worked",
                hint: "give its folder with --workspace")
        }
        let workspace = try openWorkspace()
        return (workspace, TeacherLedger(database: try workspace.database(TeacherLedger.migrations)))
    }
}
