import Foundation
import Testing
import TestSupport

/// What the documents name is there.
@Suite struct DocumentationTests {
    private static let folders = [
        "Sources", "Tests", "Datasets", "Documentation", "Scripts", "Benchmarks", "Models", "Pipelines",
    ]

    private static var pages: [String] {
        let root = Checkout.root.path
        let found = (FileManager.default.enumerator(atPath: "\(root)/Documentation")?.allObjects ?? [])
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "Documentation/\($0)" }
        return found + ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
    }

    /// Paths of the checkout between backticks, `Sources/…/File.swift`, and links to files beside a page.
    @Test func everyFileThatIsNamedIsThere() throws {
        let root = Checkout.root.path
        var checked = 0
        for page in DocumentationTests.pages {
            let text = try String(contentsOfFile: "\(root)/\(page)", encoding: .utf8)
            for match in text.matches(of: /`((?:\w+)\/[\w+\/.-]+\.(?:swift|md|yaml|jsonl|json|py|sh|c|h))`/) {
                let path = String(match.1)
                guard let folder = path.split(separator: "/").first, DocumentationTests.folders.contains(String(folder))
                else { continue }
                checked += 1
                #expect(FileManager.default.fileExists(atPath: "\(root)/\(path)"), "\(page) names \(path)")
            }
            let here = URL(fileURLWithPath: "\(root)/\(page)").deletingLastPathComponent()
            for match in text.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                checked += 1
                let target = here.appending(path: String(match.1)).standardizedFileURL.path
                #expect(FileManager.default.fileExists(atPath: target), "\(page) links to \(match.1)")
            }
        }
        #expect(checked > 60)
    }
}
