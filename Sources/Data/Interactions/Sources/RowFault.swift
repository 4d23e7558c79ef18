/// Why a row was dropped, and what about it: a place, a field, a word, never its text.
struct RowFault: Error, Sendable, Hashable {
    var reason: DropReason
    var detail: String?

    init(_ reason: DropReason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail
    }
}
