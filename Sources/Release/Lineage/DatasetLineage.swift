import Datasets
public import Foundation
import GRDB
import Interactions
import Labeling
public import Storage
public import Teachers

/// What every row of a dataset version came from: its label, the teacher's response, the logged interaction.
///
/// One query over views that the modules which own the tables keep for it: `lineage_row`, `lineage_label`,
/// `lineage_response`, `lineage_interaction`. What a workspace does not hold stays open; nothing is guessed.
public struct DatasetLineage: Sendable {
    /// A row of the dataset and what is known of where it came from.
    public struct Row: Sendable, Hashable {
        public var split: String
        /// The id of the labeled example.
        public var example: ContentDigest
        /// The interaction that the row names; nil where it names none.
        public var interaction: ContentDigest?
        /// When it was logged; nil where the workspace does not hold the interaction.
        public var time: Date?
        /// Who labeled, `dialect/model`; nil where that was not noted.
        public var teacher: String?
        /// What the label cost; nil where the workspace does not hold the label.
        public var cost: USD?
        /// The teacher's response that the label was read from; nil where the row names none.
        public var response: ContentDigest?
        /// The model that was asked; nil where the workspace does not hold the response.
        public var model: String?
    }

    public let dataset: ContentDigest
    /// The name of the task that it was curated for.
    public let task: String
    public let created: Date
    /// By split and id.
    public let rows: [Row]

    /// Reads a dataset version's lineage; nil where the workspace holds no such version.
    public init?(of dataset: ContentDigest, in workspace: Workspace) throws {
        let database = try workspace.database(
            InteractionStore.migrations + TeacherLedger.migrations + LabelStore.migrations + DatasetStore.migrations)
        let found = try database.read { database -> (task: String, created: Date, rows: [Row])? in
            let version = try GRDB.Row.fetchOne(
                database, sql: "SELECT name, created_at FROM lineage_dataset WHERE dataset = ?",
                arguments: [dataset.column])
            guard let version, let created = try version.time("created_at") else { return nil }
            let rows = try GRDB.Row.fetchAll(
                database, sql: DatasetLineage.query, arguments: [dataset.column]
            ).map(DatasetLineage.row)
            return (version["name"], created, rows)
        }
        guard let found else { return nil }
        self.dataset = dataset
        (task, created, rows) = found
    }

    /// The label is the one that the row was made of: another answer since then is another label.
    private static let query = """
        SELECT lineage_row.split, lineage_row.example, lineage_row.interaction, lineage_interaction.time,
            lineage_row.teacher, lineage_label.cost_units, lineage_row.response, lineage_response.model
        FROM lineage_row
        LEFT JOIN lineage_interaction ON lineage_interaction.interaction = lineage_row.interaction
        LEFT JOIN lineage_label ON lineage_label.task = lineage_row.task
            AND lineage_label.teacher = lineage_row.teacher AND lineage_label.input = lineage_row.input
            AND lineage_label.response IS lineage_row.response
        LEFT JOIN lineage_response ON lineage_response.response = lineage_row.response
        WHERE lineage_row.dataset = ? ORDER BY lineage_row.split, lineage_row.example
        """

    private static func row(_ row: GRDB.Row) throws -> Row {
        guard let example = try row.digest("example") else {
            throw StorageError(.input, "the database holds a row of a dataset without an id")
        }
        let units: Int? = row["cost_units"]
        return Row(
            split: row["split"], example: example, interaction: try row.digest("interaction"),
            time: try row.time("time"), teacher: row["teacher"], cost: units.map { USD(units: $0) },
            response: try row.digest("response"), model: row["model"])
    }
}
