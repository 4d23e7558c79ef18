import Dialects
import Foundation
import JSON
import Teachers

/// Bookings in groups, as a table and as JSON.
struct LedgerTable {
    struct Row {
        var name: String
        var account: String
        var requests = 0
        var amount = USD.zero
        var usage = TokenUsage(input: 0, output: 0)
        var suspicious = 0
        /// What there is to say of a single booking.
        var remark = ""

        var json: JSONValue {
            var object = JSONObject()
            object["name"] = .string(name)
            object["account"] = .string(account)
            object["requests"] = .integer(requests)
            object["usd"] = .number(amount.dollars)
            object["input_tokens"] = .integer(usage.input)
            object["output_tokens"] = .integer(usage.output)
            object["suspicious"] = .integer(suspicious)
            if !remark.isEmpty { object["remark"] = .string(remark) }
            return .object(object)
        }
    }

    private(set) var rows: [Row] = []
    private let grouping: LedgerCommand.Grouping

    init(_ bookings: [Booking], by grouping: LedgerCommand.Grouping) {
        self.grouping = grouping
        var places: [[String]: Int] = [:]
        for booking in bookings {
            let name = LedgerTable.name(of: booking, by: grouping)
            let place = places[[name, booking.account]] ?? rows.count
            if place == rows.count {
                places[[name, booking.account]] = place
                rows.append(Row(name: name, account: booking.account))
            }
            // What was released never cost anything.
            if booking.state != .released || grouping == .request { rows[place].requests += 1 }
            rows[place].amount += booking.amount
            if let usage = booking.usage { rows[place].usage = rows[place].usage + usage }
            if booking.suspicion != nil { rows[place].suspicious += 1 }
            if grouping == .request { rows[place].remark = LedgerTable.remark(on: booking) }
        }
    }

    private static func name(of booking: Booking, by grouping: LedgerCommand.Grouping) -> String {
        switch grouping {
        case .run: booking.run.map { "run \($0)" } ?? "earlier runs"
        case .model: booking.teacher ?? "not recorded"
        case .day: String(text(booking.time).prefix(10))
        case .request: "\(booking.id)"
        }
    }

    private static func remark(on booking: Booking) -> String {
        var remarks = [booking.state.rawValue, text(booking.time), booking.teacher ?? ""]
        if let suspicion = booking.suspicion { remarks.append(suspicion) }
        if let correction = booking.correction {
            remarks.append("was \(correction.before), set right: \(correction.reason)")
        }
        return remarks.filter { !$0.isEmpty }.joined(separator: " · ")
    }

    private static func text(_ time: Date) -> String { time.formatted(.iso8601) }

    var lines: [String] {
        guard !rows.isEmpty else { return ["nothing is booked"] }
        let heads = [
            grouping == .request ? "number" : grouping.rawValue, "account", "requests", "cost", "tokens in", "out",
        ]
        var cells = [heads + [grouping == .request ? "" : "to look at"]]
        for row in rows {
            let last = grouping == .request ? row.remark : row.suspicious > 0 ? "\(row.suspicious)" : ""
            cells.append(
                [
                    row.name, row.account, "\(row.requests)", "\(row.amount)", "\(row.usage.input)",
                    "\(row.usage.output)",
                ]
                    + [last])
        }
        let widths = heads.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { $0.padding(toLength: max($1, 1), withPad: " ", startingAt: 0) }
            let line = (padded + [row[row.count - 1]]).joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
