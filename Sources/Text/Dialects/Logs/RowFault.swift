/// Why a row was dropped, and what about it: a place, a field, a word, never its text.
package struct RowFault: Error, Sendable, Hashable {
    package var reason: DropReason
    package var detail: String?

    package init(_ reason: DropReason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail
    }
}
