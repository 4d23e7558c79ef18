import Foundation
import Storage
import Testing

@Suite struct GzipTests {
    /// `printf 'hello\n' | gzip -n`
    private let hello: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 2, 0, 0x20, 0x30, 0x3A, 0x36, 6, 0, 0,
        0,
    ]

    @Test func readsMembersUpToALimit() throws {
        #expect(try Gzip.decompressed(hello, atMost: 6).get() == Array("hello\n".utf8))
        #expect(try Gzip.decompressed(hello + hello, atMost: 100).get() == Array("hello\nhello\n".utf8))
        #expect(throws: Gzip.Failure.tooLong) { try Gzip.decompressed(hello, atMost: 5).get() }
    }

    @Test func whatIsDamagedIsNoShorterText() {
        for count in hello.indices {
            #expect(throws: Gzip.Failure.damaged) {
                try Gzip.decompressed(Array(hello.prefix(count)), atMost: 100).get()
            }
        }
        #expect(throws: Gzip.Failure.damaged) { try Gzip.decompressed(hello + [1, 2, 3], atMost: 100).get() }
        #expect(throws: Gzip.Failure.damaged) { try Gzip.decompressed(Array("hello".utf8), atMost: 100).get() }
    }
}
