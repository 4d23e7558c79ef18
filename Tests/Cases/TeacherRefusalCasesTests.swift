import Foundation
import JSON
import Testing
import TestSupport

/// Runs that stop, and runs that go on: what is about one input, what about all.
@Suite(.ownThreads) struct TeacherRefusalCasesTests {
    private static let flagged: JSONValue = [
        "error": ["code": 403, "message": "Your chosen model requires moderation and your input was flagged"]
    ]

    @Test(arguments: [("1", "flagged words"), ("8", "flagged words"), ("1", "forbidden")])
    func a403AfterAnswersIsAboutItsInput(concurrency: String, words: String) throws {
        let inputs = (0..<20).map { $0 % 9 == 0 ? "sofa \($0)" : "parcel \($0)" }
        let bench = try LabelCase(inputs)
        let teacher = try ScriptedTeacher { request in
            request.lastText.contains("sofa")
                ? .init(403, words == "forbidden" ? ["error": ["message": "no"]] : Self.flagged) : .completion("parcel")
        }
        let ended = try bench.label(teacher, "--concurrency", concurrency)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("labeled") == 17 && ended.rejected["the request: refused with 403"] == 3)
        #expect(teacher.requests.count == 20)
    }

    @Test func a403ToEverythingIsTheKeys() throws {
        let bench = try LabelCase(count: 30)
        let teacher = try ScriptedTeacher { _ in .init(403, ["error": ["message": "This key may not use model m."]]) }
        let ended = try bench.label(teacher, "--concurrency", "2")
        #expect(ended.status == 1 && ended.errors.contains("the API key was refused (403)"), "\(ended.errors)")
        #expect(ended.errors.contains("This key may not use model m.") && teacher.requests.count <= 4)
        // Nothing of this was about an input.
        let right = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(right).count("labeled") == 30)
    }

    @Test(arguments: [3, 30])
    func aRunInWhichAllIsRefusedIsNoSuccess(count: Int) throws {
        let bench = try LabelCase(count: count)
        let teacher = try ScriptedTeacher { _ in .init(400, ["error": ["message": "Unsupported value: 'top_k'."]]) }
        let ended = try bench.label(teacher)
        #expect(ended.status == 1 && !bench.hasOutput, "\(ended.errors)")
        #expect(
            ended.errors.contains(
                "requests were all refused (the request: refused with 400): \"Unsupported value: 'top_k'.\""))
        // After a fix the same command asks again.
        let right = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(right).count("labeled") == count)
    }

    /// In words that nobody knows: what was answered before tells that it is not about the inputs.
    @Test(arguments: [8, 25])
    func refusalsInARowAreAboutEverything(answered: Int) throws {
        let bench = try LabelCase(count: 30)
        let teacher = try ScriptedTeacher { request in
            request.number > answered
                ? .init(400, ["error": ["message": "This organization has been disabled."]]) : .completion("parcel")
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 1 && ended.errors.contains("This organization has been disabled."), "\(ended.errors)")
        let right = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(right).count("labeled") == 30)
        #expect(right.requests.count == 30 - answered)
    }

    @Test(arguments: [
        ("https://api.example.com/v1/chat/completions?token=hush", "--endpoint https://api.example.com/v1"),
        ("/v2/chat/completions", "/v2"),
    ])
    func aRedirectSaysWhereTo(location: String, hint: String) throws {
        let bench = try LabelCase(count: 3)
        let teacher = try ScriptedTeacher { _ in .init(308, bytes: [], headers: ["location": location]) }
        let ended = try bench.label(teacher)
        #expect(ended.status == 1 && ended.errors.contains("answered 308 and points to "), "\(ended.errors)")
        #expect(ended.errors.contains(hint) && !ended.errors.contains("hush"))
    }

    @Test(arguments: ["1", "8"])
    func anInputThatAlwaysFailsStopsNobody(concurrency: String) throws {
        // Two of them at the end, where nothing is answered after them.
        let bench = try LabelCase((0..<20).map { [4, 18, 19].contains($0) ? "sofa \($0)" : "parcel \($0)" })
        let teacher = try ScriptedTeacher { request in
            request.lastText.contains("sofa") ? .init(500, ["error": ["message": "boom"]]) : .completion("parcel")
        }
        let ended = try bench.label(teacher, "--max-retries", "1", "--concurrency", concurrency)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("labeled") == 17 && ended.count("rejected") == 3)
        #expect(ended.errors.contains("3 rejected: the request: failed again and again, while others were answered"))
        let asked = teacher.requests.count
        #expect(asked <= 17 + 3 * 3 + 3, "each three times, and a few probes")
        // It is not tried for ever, but when it is asked for.
        #expect(try bench.label(teacher).status == 0)
        #expect(teacher.requests.count == asked)
        let mended = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(mended, "--retry-rejected").count("labeled") == 20)
        #expect(mended.requests.count == 3)
    }

    @Test func whatFailsOnceIsTriedAgainAtTheEnd() throws {
        let bench = try LabelCase((0..<10).map { $0 == 3 ? "sofa" : "parcel \($0)" })
        let teacher = try ScriptedTeacher { request in
            request.lastText == "sofa" && request.number < 8 ? .init(500, [:]) : .completion("parcel")
        }
        let ended = try bench.label(teacher, "--max-retries", "0", "--concurrency", "1")
        #expect(ended.status == 0 && ended.count("labeled") == 10, "\(ended.errors)")
    }

    @Test func aTeacherThatDiesInTheMiddleIsForLater() throws {
        let bench = try LabelCase(count: 20)
        let teacher = try ScriptedTeacher { $0.number > 8 ? .init(503, [:]) : .completion("parcel") }
        let ended = try bench.label(teacher, "--max-retries", "0", "--concurrency", "2")
        #expect(ended.status == 75 && ended.errors.contains("8 of 20 inputs are done and kept"), "\(ended.errors)")
        let back = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(back).count("labeled") == 20)
        #expect(back.requests.count == 12)
    }

    @Test func pagesOfHTMLAreForLaterAndLongWaitsAreNotWaited() throws {
        let bench = try LabelCase(count: 4)
        let page = Array("<html><body>Service is under maintenance</body></html>".utf8)
        let maintained = try ScriptedTeacher { _ in .init(200, bytes: page, headers: ["content-type": "text/html"]) }
        let html = try bench.label(maintained, "--max-retries", "1")
        #expect(html.status == 75 && html.errors.contains("not JSON"), "\(html.errors)")
        let daily = try ScriptedTeacher { _ in
            .init(
                429, ["error": ["message": "daily limit", "code": "rate_limit_exceeded"]],
                headers: ["retry-after": "3600"])
        }
        let long = try bench.label(daily)
        #expect(long.status == 75 && long.errors.contains("daily limit") && daily.requests.count <= 4, "\(long.errors)")
        let back = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(back).count("labeled") == 4)
    }

    /// What was on its way before everything began to be refused tells nothing of the refusals.
    @Test func anAnswerThatWasAskedForBeforeTheRefusalsExcusesNone() throws {
        let bench = try LabelCase(count: 30)
        let teacher = try ScriptedTeacher { request in
            if request.number > 4 { return .init(400, ["error": ["message": "This organization has been disabled."]]) }
            if request.number == 4 { Thread.sleep(forTimeInterval: 1) }
            return .completion("parcel")
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 1 && ended.errors.contains("This organization has been disabled."), "\(ended.errors)")
        let right = try ScriptedTeacher { _ in .completion("parcel") }
        #expect(try bench.label(right).count("labeled") == 30)
        #expect(right.requests.count == 26)
    }

    @Test func refusalsAreSaidInTheServersWords() throws {
        let bench = try LabelCase((0..<12).map { $0 == 5 ? "sofa" : "parcel \($0)" })
        let teacher = try ScriptedTeacher { request in
            request.lastText.contains("sofa")
                ? .init(422, ["detail": "Furniture is not allowed."]) : .completion("parcel")
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0 && ended.count("labeled") == 11)
        #expect(
            ended.errors.contains("1 rejected: the request: refused with 422 (\"Furniture is not allowed.\")"),
            "\(ended.errors)")
    }

    @Test(arguments: [201, 204])
    func anotherStatusThan200IsNoAnswer(status: Int) throws {
        let bench = try LabelCase(count: 3)
        let teacher = try ScriptedTeacher { _ in .init(status, bytes: []) }
        let ended = try bench.label(teacher)
        #expect(ended.status == 1, "\(ended.errors)")
        #expect(ended.errors.contains("status \(status) without an answer"), "\(ended.errors)")
    }
}
