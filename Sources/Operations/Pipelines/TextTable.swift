/// A table for a terminal: columns as wide as their widest cell, numbers to the right.
struct TextTable {
    var header: [String]
    var rows: [[String]] = []
    /// How many columns, from the left, hold text and keep to the left.
    var textColumns = 1

    func lines() -> [String] {
        let widths = header.indices.map { column in
            ([header] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = widths.enumerated().map { column, width in
                let cell = column < cells.count ? cells[column] : ""
                let padding = String(repeating: " ", count: width - cell.count)
                return column < textColumns ? cell + padding : padding + cell
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return [line(header), rule] + rows.map(line)
    }
}
