import Conversations
import Dialects
import Foundation
import HTTPTransport

extension TeacherEndpoint {
    /// What a response that is no answer amounts to.
    struct Refusal: Sendable {
        var error: TeacherError
        var status: Int
        /// Whether the same request may be answered in a while.
        var isPassing: Bool
        var retryAfter: Duration?
        /// The parameters of the request that the server names, in its own words.
        var stated: ServerError
    }

    /// What a response is.
    enum Reading: Sendable {
        case answer(TeacherResponse)
        case refusal(Refusal)
        case malformed(TeacherError)
    }

    /// Reads a response: an answer, or an error by its status or by what stands in a body with status 200.
    func reading(_ response: HTTPResponse, worst: TokenUsage, of request: TeacherRequest) -> Reading {
        guard response.status == 200 else {
            return .refusal(
                refusal(
                    status: response.status, ServerError(body: response.body), headers: response.headers, of: request))
        }
        do throws(TeacherError) {
            let json = try json(of: response.body)
            if let stated = ServerError(insideOf: json) {
                return .refusal(
                    refusal(status: stated.impliedStatus, stated, headers: response.headers, of: request))
            }
            return .answer(try self.response(json, bytes: response.body, worst: worst))
        } catch {
            return .malformed(error)
        }
    }

    /// - Parameter status: of the response, or what an error implies that stands in a body with status 200.
    func refusal(
        status: Int, _ stated: ServerError, headers: HTTPHeaders, of request: TeacherRequest
    ) -> Refusal {
        let words = ShownWords(stated.message, key: key, hiding: request.messages.map(\.content)).text
        let wait = Backoff.retryAfter(headers)
        let wantsPayment = stated.wantsPayment(status: status, words: words, hasWait: wait != nil)
        var error =
            wantsPayment
            ? TeacherError(
                .payment, "the teacher wants payment: \(answer(status, stated, words))",
                hint: "put credit on the account, then run the same command again")
            : error(status: status, stated, words, location: headers["location"])
        if !words.isEmpty { error.serverWords = words }
        return Refusal(
            error: error, status: status,
            isPassing: !wantsPayment && ([408, 409, 425, 429].contains(status) || status >= 500), retryAfter: wait,
            stated: stated)
    }

    private func answer(_ status: Int, _ stated: ServerError, _ words: String) -> String {
        let word = stated.shownWord.map { " (\(ShownWords($0, key: key).text))" } ?? ""
        return "\(origin) answered \(status)\(word)\(words.isEmpty ? "" : ": \"\(words)\"")"
    }

    private func error(status: Int, _ stated: ServerError, _ words: String, location: String?) -> TeacherError {
        let answer = answer(status, stated, words)
        switch status {
        case 300..<400: return redirection(status, to: location)
        case 401, 403:
            return TeacherError(
                status == 401 ? .unauthorized : .forbidden,
                "the API key was refused (\(status)): \(answer)\(key == nil ? ", and no key was sent" : "")",
                hint: "check the key that --key-env or --key-file names, and that it may use model \(model)")
        case 404 where dialect.isAboutModelOrRoute(stated):
            return TeacherError(
                .notFound, "model or route not found: \(answer) for model \(model) at \(url)",
                hint: "check --model, --endpoint and --dialect")
        case 429: return TeacherError(.rateLimited, "too many requests: \(answer)")
        case 100..<300:
            return TeacherError(
                .request(status: status), "\(answer), expected an answer with status 200", hint: "check --endpoint")
        case 408, 409, 425, 500...: return TeacherError(.down, "the teacher is down: \(answer)")
        default: return TeacherError(.request(status: status), "the request was refused: \(answer)")
        }
    }

    /// Redirects are not followed, since a key must not travel to another host; so it is said where to ask.
    private func redirection(_ status: Int, to location: String?) -> TeacherError {
        guard let location, let target = URLComponents(string: location, encodingInvalidCharacters: true),
            let base = URLComponents(string: url)
        else {
            return TeacherError(
                .redirected, "the teacher is somewhere else: \(origin) answered \(status) and does not say where",
                hint: "check --endpoint")
        }
        // A query can hold secrets.
        var place = URLComponents()
        place.scheme = target.scheme ?? base.scheme
        place.host = target.host ?? base.host
        place.port = target.host == nil ? base.port : target.port
        place.path = target.path.hasPrefix("/") || target.path.isEmpty ? target.path : "/" + target.path
        let shown = ShownWords(place.string ?? location, key: key).text
        let endpoint = shown.hasSuffix(dialect.route) ? String(shown.dropLast(dialect.route.count)) : shown
        return TeacherError(
            .redirected, "the teacher is somewhere else: \(origin) answered \(status) and points to \(shown)",
            hint: "if that is the right place, give --endpoint \(endpoint)")
    }
}
