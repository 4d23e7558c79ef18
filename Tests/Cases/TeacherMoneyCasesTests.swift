import Foundation
import JSON
import Testing
import TestSupport

/// Labeling and money: credit that ends, bills that nobody can believe, errors that must cost nothing.
@Suite(.ownThreads) struct TeacherMoneyCasesTests {
    /// What an answer of ``ScriptedTeacher/Answer/completion(_:finish:promptTokens:completionTokens:)`` costs: 30 tokens
    /// at 2 and 2 at 8 USD per million.
    private let price = 0.000_076

    @Test(arguments: [
        (402, #"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#),
        (
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#
        ),
        (
            429,
            #"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#
        ),
        (
            403,
            #"{"code":"AccessDenied","error":"Your team has used all available credits or reached its monthly spending limit."}"#
        ),
        (400, #"{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}"#),
        (200, #"{"id":null,"choices":null,"error":{"message":"This request requires more credits","code":402}}"#),
        (200, #"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#),
    ])
    func creditThatEndsStopsTheRunAndIsGoneOnWith(status: Int, body: String) throws {
        let bench = try LabelCase(count: 30)
        let empty = try ScriptedTeacher { request in
            request.number > 12 ? .init(status, bytes: Array(body.utf8)) : .completion("parcel")
        }
        let stopped = try bench.label(empty)
        #expect(stopped.status == 75, "\(stopped.errors)")
        #expect(stopped.errors.contains("error: the teacher wants payment: "))
        #expect(stopped.errors.contains("12 of 30 inputs are done and kept"))
        let said = ["Balance", "balance", "credit", "quota", "good standing"]
        #expect(said.contains { stopped.errors.contains($0) }, "the teacher's own words")
        #expect(!bench.hasOutput)
        let funded = try ScriptedTeacher { _ in .completion("parcel") }
        let done = try bench.label(funded)
        #expect(done.status == 0, "\(done.errors)")
        #expect(funded.requests.count == 18 && done.count("labeled") == 30)
        #expect(abs(try bench.booked() - 30 * price) < 1e-9)
    }

    /// Some name the billing page in every answer to haste.
    @Test func hasteIsNotWantOfMoney() throws {
        let bench = try LabelCase(count: 3)
        let teacher = try ScriptedTeacher { request in
            request.number > 2
                ? .completion("parcel")
                : .init(
                    429,
                    [
                        "error": [
                            "code": 429, "status": "RESOURCE_EXHAUSTED",
                            "message":
                                "You exceeded your current quota, check your plan and billing. Please retry in 0.2s.",
                        ]
                    ], headers: ["retry-after-ms": "20"])
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("retried") == 2)
    }

    @Test func theServersWordsAreShownWithoutThePromptOrSecrets() throws {
        let bench = try LabelCase(["my parcel went to Elm Street 5 yesterday", "another text", "a third text"])
        let teacher = try ScriptedTeacher { request in
            .init(
                402,
                [
                    "error": [
                        "message": .string(
                            "No credits left\u{1B}[31m for key sk-abcdef0123456789, asked: \(request.lastText)")
                    ]
                ])
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 75)
        #expect(ended.errors.contains("No credits left"))
        #expect(
            !ended.errors.contains("sk-abc") && !ended.errors.contains("\u{1B}") && !ended.errors.contains("Elm Street")
        )
    }

    @Test func anErrorThatSays200CostsNothingAndIsTriedAgain() throws {
        let bench = try LabelCase(count: 12)
        let teacher = try ScriptedTeacher { request in
            request.number % 3 == 0
                ? .init(
                    200,
                    [
                        "id": nil, "choices": nil, "usage": nil,
                        "error": ["message": "Provider returned error", "code": 429, "metadata": ["raw": "Too Many"]],
                    ])
                : .completion("parcel")
        }
        let ended = try bench.label(teacher, "--concurrency", "1")
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("labeled") == 12 && ended.count("retried") == teacher.requests.count - 12)
        #expect(abs(try bench.booked() - 12 * price) < 1e-9)
        #expect(ended.report["figures"]?["ambiguous_usd"]?.doubleValue == 0)
    }

    @Test func anErrorInsideAChoiceIsNoAnswer() throws {
        let bench = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher { request in
            request.number == 1
                ? .init(
                    200,
                    [
                        "choices": [
                            [
                                "message": ["role": "assistant", "content": "parc"], "finish_reason": "error",
                                "error": ["code": 502, "message": "upstream died"],
                            ]
                        ]
                    ])
                : .completion("parcel")
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0 && ended.count("retried") == 1, "\(ended.errors)")
        #expect(try bench.labels().count == 2)
    }

    /// The first answer of a teacher that nobody knows comes alone; what it was billed beyond its limit is reserved for
    /// all that follow, in this run and the next.
    @Test func theCapHoldsAgainstTokensBeyondTheLimit() throws {
        let bench = try LabelCase(count: 40)
        let teacher = try ScriptedTeacher { _ in
            Thread.sleep(forTimeInterval: 0.05)
            return .choice(
                ["role": "assistant", "content": "parcel"],
                usage: [
                    "prompt_tokens": 30, "completion_tokens": 9000,
                    "completion_tokens_details": ["reasoning_tokens": 8998],
                ])
        }
        let one = 30 * 2e-6 + 9000 * 8e-6
        let stopped = try bench.label(teacher, "--budget-usd", "0.4")
        #expect(stopped.status == 4, "\(stopped.errors)")
        #expect(stopped.errors.contains("was seen to bill 8936 tokens beyond the limit"))
        let asked = teacher.requests.count
        #expect(asked >= 3 && Double(asked) * one <= 0.4)
        #expect(abs(try bench.booked() - Double(asked) * one) < 1e-9)
        // Another run knows it from its first request on.
        #expect(try bench.label(teacher, "--budget-usd", "0.4").status == 4)
        #expect(teacher.requests.count == asked)
    }

    @Test func tokensThatOnlyTheTotalShowsAreBilled() throws {
        let bench = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher { _ in
            .choice(
                ["role": "assistant", "content": "parcel"],
                usage: ["prompt_tokens": 30, "completion_tokens": 2, "total_tokens": 1032])
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0 && ended.count("output_tokens") == 2004, "\(ended.errors)")
    }

    @Test(arguments: [
        (#"{"prompt_tokens":30,"completion_tokens":4294967295}"#, "completion_tokens: 4294967295"),
        (
            #"{"prompt_tokens":9000000000000000000,"completion_tokens":9000000000000000000}"#,
            "prompt_tokens: 9000000000000000000"
        ),
        (#"{"prompt_tokens":123456789012345678901234567890,"completion_tokens":2}"#, "prompt_tokens: 1"),
        (#"{"prompt_tokens":-5,"completion_tokens":-1}"#, "prompt_tokens: -5"),
        (#"{"prompt_tokens":30,"completion_tokens":2.5}"#, "completion_tokens: 2.5"),
        (#"{"prompt_tokens":"30","completion_tokens":"2"}"#, "prompt_tokens: a string"),
        (#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, "no input tokens"),
        (#"{"prompt_tokens":30,"completion_tokens":0}"#, "no output tokens"),
        ("null", "usage: missing"), ("[]", "usage: an array"),
    ])
    func aUsageThatCannotBeIsRefusedAndNamed(usage: String, name: String) throws {
        let bench = try LabelCase(count: 3)
        let body =
            #"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"parcel"},"finish_reason":"stop"}],"usage":"#
            + usage + "}"
        let teacher = try ScriptedTeacher { _ in .init(200, bytes: Array(body.utf8)) }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.count("labeled") == 3 && ended.count("usage_refused") == 3)
        #expect(ended.errors.contains(name), "\(ended.errors)")
        // The most that each can cost: more than what it did cost, less than a cent.
        let booked = try bench.booked()
        #expect(booked > 3 * price && booked < 0.01)
        #expect(try bench.ledger("--suspicious", "--by", "request").output.split(separator: "\n").count == 4)
        #expect(try bench.label(teacher, "--retry-rejected").status == 0, "the account is open")
    }

    @Test func aWholeNumberMayBeWrittenAsAFraction() throws {
        let bench = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher { _ in
            .choice(
                ["role": "assistant", "content": "parcel"], usage: ["prompt_tokens": 30.0, "completion_tokens": 2.0])
        }
        let ended = try bench.label(teacher)
        #expect(ended.status == 0 && ended.count("usage_refused") == 0)
        #expect(abs(try bench.booked() - 2 * price) < 1e-9)
    }

    @Test func aBookingIsSetRightByHandWithItsReason() throws {
        let bench = try LabelCase(count: 3)
        let teacher = try ScriptedTeacher { request in
            .completion("parcel", completionTokens: request.number == 2 ? 4_294_967_295 : 2)
        }
        #expect(try bench.ledger().status == 1, "there is no book yet, and none is made")
        #expect(try bench.label(teacher).status == 0)
        let shown = try bench.ledger("--by", "model").output
        #expect(shown.contains("openai/m") && shown.contains("desk"))
        #expect(try bench.ledger("settle", "2", "--usd", "0.000076", "--reason", " ").status == 64)
        #expect(try bench.ledger("settle", "99", "--usd", "1", "--reason", "r").status == 1)
        let settled = try bench.ledger("settle", "2", "--usd", "0.000076", "--reason", "the usage page of 3 December")
        #expect(settled.status == 0, "\(settled.errors)")
        #expect(abs(try bench.booked() - 3 * price) < 1e-9)
        let requests = try bench.ledger("--by", "request").output
        #expect(requests.contains("corrected") && requests.contains("set right: the usage page of 3 December"))
        #expect(try bench.ledger("--suspicious", "--by", "request").output.contains("nothing is booked"))
        // The next run counts with what was set right.
        let again = try bench.label(teacher)
        #expect(abs((again.report["figures"]?["spent_in_all_usd"]?.doubleValue ?? 0) - 3 * price) < 1e-9)
    }

    @Test func withoutPricesTheBudgetIsSaidToLimitNothing() throws {
        let bench = try LabelCase(count: 1)
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let ended = try Executable.run(
            "retort-label", "--task", bench.folder.file("task.yaml"), "--input", bench.folder.file("in.jsonl"),
            "--output", bench.output, "--workspace", bench.workspace, "--endpoint", teacher.url, "--model", "m")
        #expect(ended.status == 0 && ended.errors.contains("--budget-usd limits nothing"), "\(ended.errors)")
    }

    /// The inputs of another desk were paid for, and nobody was told.
    @Test func inputsOfSeveralWorkloadsAreSaidToBe() throws {
        let label = try LabelCase(count: 3)
        let path = label.folder.file("in.jsonl")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").enumerated().map {
            "{\"workload_id\":\"\($0 == 0 ? "billing" : "desk")\"," + $1.dropFirst()
        }
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        let mixed = try label.label(teacher)
        #expect(mixed.status == 0)
        #expect(mixed.errors.contains("interactions of 2 workloads are taken for one task (desk 2, billing 1)"))
        let one = try label.label(teacher, "--workload", "desk")
        #expect(!one.errors.contains("workloads are taken"), "\(one.errors)")
    }

    /// Each of several first runs in one workspace wanted to make the same tables.
    @Test func severalTasksMayBeginAtOnceInANewWorkspace() throws {
        let label = try LabelCase(count: 2)
        let teacher = try ScriptedTeacher { _ in .completion("parcel") }
        for round in 0..<3 {
            let runs = try (0..<8).map { number in
                let task = try label.folder.write(
                    "task\(number).yaml",
                    LabelCase.classification.replacingOccurrences(of: "name: desk", with: "name: desk\(number)"))
                return try Executable.start(
                    "retort-label",
                    [
                        "--task", task, "--input", label.folder.file("in.jsonl"), "--workspace",
                        label.folder.file("new\(round)"), "--endpoint", teacher.url, "--model", "m", "--price-in", "2",
                        "--price-out", "8",
                    ])
            }
            for run in runs {
                run.waitUntilExit()
                #expect(run.terminationStatus == 0)
            }
        }
    }
}
