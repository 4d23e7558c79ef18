public import Adapters
import Foundation
import GGUF

extension Checkpoint {
    /// What speaks against an adapter being one for this base though everything fits, in words: it names no digest of
    /// its base, and perhaps another model.
    ///
    /// For whoever opens an adapter to show as warnings; empty where a digest binds the two.
    ///
    /// - Parameter name: what messages call the adapter, its path for one.
    public func doubts(about adapter: LowRankAdapter, name: String) -> [String] {
        guard adapter.baseDigest == nil else { return [] }
        guard let made = adapter.baseName else {
            return ["\(name): names no base; that its shapes fit is all that speaks for \(path)"]
        }
        let own = names
        guard !own.contains(where: { Checkpoint.areAlike(made, $0) }) else { return [] }
        let quoted = own.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        return ["\(name): made for the base '\(made)', and \(path) is \(quoted); that its shapes fit proves nothing"]
    }

    /// What the model is called: in its file, and its file itself.
    private var names: [String] {
        let keys = [
            "general.name", "general.basename", "general.base_model.0.name", "general.source.huggingface.repository",
        ]
        let said = keys.compactMap { file.metadata[$0]?.string }.filter { !$0.isEmpty }
        return said + [URL(filePath: path).deletingPathExtension().lastPathComponent]
    }

    /// Whether two names can mean the same model: `Qwen/Qwen2.5-0.5B-Instruct` and `Qwen2.5 0.5B Instruct`.
    private static func areAlike(_ left: String, _ right: String) -> Bool {
        func core(_ name: String) -> [UInt8] {
            let last = name.split(separator: "/").last.map(String.init) ?? name
            return last.lowercased().utf8.filter { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        }
        let (left, right) = (core(left), core(right))
        guard !left.isEmpty, !right.isEmpty else { return false }
        return left.starts(with: right) || right.starts(with: left)
    }
}
