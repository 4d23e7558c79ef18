import Foundation
import Storage
import Testing
import TestSupport

@Suite struct ContentStoreTests {
    let scratch: ScratchFolder
    var store: ContentStore { ContentStore(path: scratch.file("store")) }

    init() throws { scratch = try ScratchFolder() }

    @Test func digestsAreSHA256() throws {
        // FIPS 180-4's own examples.
        #expect(
            ContentDigest(of: "abc").description
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(ContentDigest(of: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(ContentDigest("sha256:12") == nil)
        #expect(ContentDigest(String(repeating: "G", count: 64)) == nil)
    }

    @Test func keepsContentOnceUnderItsDigest() throws {
        let digest = try store.put(Data("abc".utf8))
        #expect(digest == ContentDigest(of: "abc"))
        #expect(try store.put(Data("abc".utf8)) == digest)
        #expect(try store.data(of: digest) == Data("abc".utf8))
        try AtomicFile.write("abc", to: scratch.file("copy"))
        #expect(try store.put(file: scratch.file("copy")) == digest)
    }

    @Test func damageIsFoundOnReading() throws {
        let digest = try store.put(Data("abc".utf8))
        try AtomicFile.write("abd", to: store.path(of: digest))
        let error = #expect(throws: StorageError.self) { try store.data(of: digest) }
        #expect(error?.description.contains("is damaged: it has digest") == true)
        #expect(throws: StorageError.self) { try store.verifiedPath(of: digest) }
    }
}
