import Foundation
import Glibc

/// A terminal behind a file descriptor: how wide it is, and how one of its lines is written again.
struct Terminal: Sendable {
    private let descriptor: Int32

    /// nil where the descriptor is a file, a pipe or closed.
    init?(_ descriptor: Int32) {
        guard isatty(descriptor) == 1 else { return nil }
        self.descriptor = descriptor
    }

    /// The width of the window now; 80 where the terminal does not know it.
    var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Goes to the beginning of the line and empties it.
    let lineStart = "\r\u{1B}[K"
}

extension String {
    /// This text on one line of at most so many columns.
    ///
    /// Parts that stand two spaces apart are left out from the end; a first part that is still too long is cut, with `…`.
    package func fitted(to columns: Int) -> String {
        let text = String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.isControl ? " " : $0 }))
        var parts = text.components(separatedBy: "  ")
        while parts.count > 1, parts.joined(separator: "  ").columns > columns { parts.removeLast() }
        let line = parts.joined(separator: "  ")
        guard line.columns > columns else { return line }
        var kept = ""
        for character in line {
            guard (kept + String(character)).columns < columns else { break }
            kept.append(character)
        }
        return columns > 0 ? kept + "…" : ""
    }

    /// The columns of a terminal that this text takes: two for each wide character, none for a combining one.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { [.control, .lineSeparator, .paragraphSeparator].contains(generalCategory) }
}

extension Unicode.Scalar {
    /// East Asian wide characters and pictures, in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default: Unicode.Scalar.wide.contains { $0.contains(value) } ? 2 : 1
        }
    }
}
