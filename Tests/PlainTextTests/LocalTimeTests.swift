import Foundation
import PlainText
import Testing

@Suite struct LocalTimeTests {
    @Test(arguments: [
        "2025-03-14", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2025-03-14T09:26:53",
        "2025-03-14T00:00:01", "2025-03-14T23:59:59.000001",
    ])
    func textsGoThereAndBack(text: String) throws {
        #expect(try #require(LocalTime(text)).description == text)
    }

    @Test(arguments: [
        "", "2025", "2025-3-14", "2025-02-29", "1900-02-29", "2025-13-01", "2025-00-10", "2025-01-00", "0000-01-01",
        "2025-03-14T", "2025-03-14T24:00:00", "2025-03-14T09:60:00", "2025-03-14T09:26", "2025-03-14T09:26:53Z",
        "2025-03-14T09:26:53.5", "2025-03-14 09:26:53", "-025-03-14", "+025-03-14", "2025-03-1४", "2025-03-14T1:2:3",
    ])
    func whatIsNoTimeIsNone(text: String) { #expect(LocalTime(text) == nil) }

    @Test func aMidnightIsADay() throws {
        #expect(try #require(LocalTime("2025-03-14T00:00:00")).description == "2025-03-14")
        #expect(try #require(LocalTime("2025-03-14T09:26:53.5" + "00000")).startOfDay == LocalTime("2025-03-14"))
    }

    /// 2³¹ − 1 seconds after 1970, as `date -u -d @N` and `TZ=Asia/Kolkata date -d @N` show it.
    @Test func aZoneShowsItsOwnTime() throws {
        let date = Date(timeIntervalSince1970: 2_147_483_647.9)
        #expect(LocalTime(date, in: .gmt).description == "2038-01-19T03:14:07")
        let kolkata = try #require(TimeZone(identifier: "Asia/Kolkata"))
        #expect(LocalTime(date, in: kolkata).description == "2038-01-19T08:44:07")
    }
}
