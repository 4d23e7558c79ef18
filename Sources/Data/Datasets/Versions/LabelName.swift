import Storage

/// Which label a row has, by what the workspace's tables call it. Kept beside the row in the database, not in its file: the
/// same rows are the same dataset, whoever labeled them.
struct LabelName: Sendable, Hashable {
    /// `dialect/model`; nil where nobody is said to have labeled.
    var teacher: String?
    /// The digest of the text that was labeled.
    var input: ContentDigest
    /// The digest of the teacher's response.
    var response: ContentDigest?

    init(_ example: LabeledExample) {
        let names = [example.source?.teacher, example.source?.model].compactMap(\.self).filter { !$0.isEmpty }
        teacher = names.isEmpty ? nil : names.joined(separator: "/")
        input = ContentDigest(of: example.input)
        response = example.source?.response
    }
}
