import CCurl
import Foundation

/// One request on its way: libcurl's easy handle, what has arrived, and who waits for it.
///
/// Lives on the thread of ``TransferLoop`` and nowhere else.
final class Transfer {
    typealias Feed = AsyncThrowingStream<[UInt8], any Error>.Continuation

    private let identifier: Int
    private let request: HTTPRequest
    private var waiting: CheckedContinuation<HTTPResponseHead, any Error>?
    private let body: Feed
    private(set) var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var head = HTTPResponseHead(status: 0, headers: HTTPHeaders())
    private var byteCount = 0
    private var isTooLarge = false

    init(
        identifier: Int, request: HTTPRequest, head: CheckedContinuation<HTTPResponseHead, any Error>, body: Feed
    ) {
        self.identifier = identifier
        self.request = request
        self.body = body
        waiting = head
    }

    deinit {
        if let easy { curl_easy_cleanup(easy) }
        if let headerList { curl_slist_free_all(headerList) }
    }

    /// Makes the easy handle; nil, after telling who waits, when the request cannot be sent.
    func prepare() -> UnsafeMutableRawPointer? {
        let hasLineBreak = request.headers.fields.contains { field in
            (field.name + field.value).utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
        }
        guard !hasLineBreak, !request.url.utf8.contains(0), let easy = curl_easy_init() else {
            finish(throwing: HTTPError(.invalidRequest, "request to \(request.origin): a header holds a line break"))
            return nil
        }
        self.easy = easy
        setTarget(easy)
        setBounds(easy)
        setHeaders(easy)
        setCallbacks(easy)
        return easy
    }

    private func setTarget(_ easy: UnsafeMutableRawPointer) {
        retort_curl_set_string(easy, CURLOPT_URL, request.url)
        retort_curl_allow_http_only(easy)
        if let body = request.body {
            // POST as a base gives any method a body; CUSTOMREQUEST then names the method.
            retort_curl_set_long(easy, CURLOPT_POST, 1)
            _ = body.withUnsafeBytes { retort_curl_set_body(easy, $0.baseAddress, $0.count) }
        }
        if request.method == "HEAD" { retort_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        retort_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        retort_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        let environment = ProcessInfo.processInfo.environment
        let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        retort_curl_set_string(
            easy, CURLOPT_NOPROXY, exceptions == "*" ? "*" : "localhost,127.0.0.0/8,127.0.0.1,::1,[::1],\(exceptions)")
        retort_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        retort_curl_set_string(easy, CURLOPT_ACCEPT_ENCODING, "")
    }

    private func setBounds(_ easy: UnsafeMutableRawPointer) {
        // Without this libcurl may raise SIGALRM, which a process with threads cannot bear.
        retort_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        retort_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectTimeout))
        retort_curl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds(request.timeout))
    }

    private func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        // At least 1: to libcurl 0 means no limit.
        return max(
            1,
            Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
                + Int(attoseconds / 1_000_000_000_000_000))
    }

    private func setHeaders(_ easy: UnsafeMutableRawPointer) {
        for field in request.headers.fields {
            // "Name;" is libcurl's way to send an empty value; "Name:" would remove the field.
            let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
            headerList = curl_slist_append(headerList, line)
        }
        // A body must not wait a second for a "100 Continue" that most servers never send.
        headerList = curl_slist_append(headerList, "Expect:")
        retort_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer) {
        // Unretained: the loop keeps the transfer until the handle has left the multi handle.
        let context = Unmanaged.passUnretained(self).toOpaque()
        retort_curl_set_pointer(easy, CURLOPT_PRIVATE, UnsafeMutableRawPointer(bitPattern: identifier))
        retort_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        retort_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        retort_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        retort_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            let status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            head = HTTPResponseHead(status: status, headers: HTTPHeaders())
        } else if line.isEmpty {
            // 1xx responses are only a prelude.
            if head.status >= 200 { announceHead() }
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            head.headers.append(String(line[..<colon]), value)
        }
    }

    private func announceHead() {
        waiting?.resume(returning: head)
        waiting = nil
    }

    /// Takes a piece of the body; any other result than its length makes libcurl stop.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        byteCount += bytes.count
        guard byteCount <= request.maximumResponseByteCount else {
            isTooLarge = true
            return bytes.isEmpty ? 1 : 0
        }
        body.yield(Array(bytes))
        return bytes.count
    }

    /// Tells who waits how the transfer ended.
    func finish(_ code: CURLcode) {
        guard code == CURLE_OK else {
            finish(
                throwing: HTTPError(
                    code: code, origin: request.origin, isTooLarge: isTooLarge,
                    limit: request.maximumResponseByteCount))
            return
        }
        announceHead()
        body.finish()
    }

    func finish(throwing error: any Error) {
        waiting?.resume(throwing: error)
        waiting = nil
        body.finish(throwing: error)
    }
}
