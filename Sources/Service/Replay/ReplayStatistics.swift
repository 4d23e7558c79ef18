import JSON
import Storage

/// What a replay server did so far, as `/stats` shows it.
struct ReplayStatistics: Sendable {
    /// Requests for an answer, whatever became of them.
    var requests = 0
    /// Whole answers that were sent.
    var answered = 0
    var faults = 0
    var inFlight = 0
    var peakInFlight = 0
    var byStatus: [Int: Int] = [:]
    var byFault: [String: Int] = [:]
    /// How often each request body got a whole answer.
    var answersByRequest: [ContentDigest: Int] = [:]

    var json: JSONValue {
        let statuses = byStatus.sorted { $0.key < $1.key }.map {
            (key: "\($0.key)", value: JSONValue.integer($0.value))
        }
        let faultCounts = byFault.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.integer($0.value)) }
        return [
            "requests": .integer(requests), "answered": .integer(answered),
            "distinct_answered": .integer(answersByRequest.count),
            "answered_again": .integer(answered - answersByRequest.count), "in_flight": .integer(inFlight),
            "peak_in_flight": .integer(peakInFlight), "by_status": .object(JSONObject(statuses)),
            "by_fault": .object(JSONObject(faultCounts)),
        ]
    }
}
