import Conversations

extension TeacherEndpoint {
    /// The error that a response other than 200 amounts to.
    ///
    /// Of the server's words only a type or code is shown: its messages may quote the prompt or the key.
    func error(status: Int, body: [UInt8]) -> TeacherError {
        let word = errorWord(body)
        let answer = "\(origin) answered \(status)\(word.map { " (\($0))" } ?? "")"
        switch status {
        case 401, 403:
            return TeacherError(
                .unauthorized,
                "the API key was refused (\(status)): \(answer)\(key == nil ? ", and no key was sent" : "")",
                hint: "check the key that --key-env or --key-file names, and that it may use model \(model)")
        case 404 where isAboutModelOrPath(word):
            return TeacherError(
                .notFound, "model or route not found: \(answer) for model \(model) at \(url)",
                hint: "check --model, --endpoint and --dialect")
        case 429: return TeacherError(.rateLimited, "too many requests: \(answer)")
        case 408, 409, 425, 500...: return TeacherError(.down, "the teacher is down: \(answer)")
        default: return TeacherError(.request(status: status), "the request was refused: \(answer)")
        }
    }

    private func errorWord(_ body: [UInt8]) -> String? {
        // A body that is not JSON has no word for us.
        guard let json = try? JSONValue(parsing: body) else { return nil }
        let word = json["error"]?["code"]?.stringValue ?? json["error"]?["type"]?.stringValue
        let isWord = word?.utf8.allSatisfy { ($0 > 0x20 && $0 < 0x7F) } ?? false
        return isWord && (word?.utf8.count ?? 0) <= 64 ? word : nil
    }

    /// A 404 without an error in the dialect's shape comes from a server that has no such route.
    private func isAboutModelOrPath(_ word: String?) -> Bool {
        switch dialect {
        case .openai: word == nil || word == "model_not_found" || word == "not_found_error" || word == "not_found"
        case .anthropic: word == nil || word == "not_found_error"
        }
    }
}
