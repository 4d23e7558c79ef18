import StageInterface
import Testing

/// Memory and time as people type them.
@Suite struct AmountTests {
    @Test(arguments: [
        ("6g", 6_000_000_000), ("512m", 512_000_000), ("1.5gb", 1_500_000_000), ("2GiB", 2_147_483_648), ("4096", 4096),
        ("3k", 3000),
    ])
    func bytesAreRead(text: String, bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }

    @Test(arguments: ["", "g", "-1g", "0", "six", "6 g", "6gg", "1e99g", "nan"]) func otherBytesAreNot(text: String) {
        #expect(ByteCount(argument: text) == nil)
    }

    @Test(arguments: [("2h", 7200.0), ("90m", 5400), ("1h30m", 5400), ("45s", 45), ("0.5h", 1800), ("1d", 86400)])
    func timesAreRead(text: String, seconds: Double) {
        #expect(TimeSpan(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "2", "h", "-2h", "2x", "2h3", "0s"]) func otherTimesAreNot(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }
}
