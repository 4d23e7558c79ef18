public import Dialects
public import JSON
import PlainText

extension Interaction {
    /// Reads one row of a log, in any of the forms of ``LogRecord``.
    ///
    /// - Parameters:
    ///   - wanted: the workload wanted: rows tagged otherwise are dropped. nil takes all.
    ///   - untagged: the workload of rows without a tag.
    public init(record: JSONValue, workload wanted: String? = nil, untagged: String? = nil) throws(DropReason) {
        do throws(RowFault) {
            var notes: Set<RowNote> = []
            try self.init(LogRecord(record, notes: &notes), workload: wanted, untagged: untagged)
        } catch {
            throw error.reason
        }
    }

    init(_ log: LogRecord, workload wanted: String?, untagged: String?) throws(RowFault) {
        if let wanted, let tag = log.tag, !tag.isExactly(wanted) { throw RowFault(.otherWorkload) }
        self.init(
            time: log.time, workload: log.tag ?? untagged ?? wanted, client: log.client, request: log.request,
            response: log.response, decision: log.decision, messages: log.messages, answer: log.answer)
    }
}
