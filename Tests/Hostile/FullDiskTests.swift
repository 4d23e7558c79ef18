import Foundation
import Testing
import TestSupport

/// A disk that fills up under SQLite, the content store and what is written: said, nothing half written, and the same command
/// goes on once there is space.
@Suite(.ownThreads, .needsDisks) struct FullDiskTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func log(_ count: Int) throws -> String {
        let rows = (0..<count).map { number in
            BombTests.row.replacing("hi", with: "hi \(number) " + String(repeating: "word ", count: 300))
        }
        return try folder.write("log.jsonl", rows.joined(separator: "\n"))
    }

    /// The lines of a script's output that say how its commands ended.
    private func statuses(_ outcome: Executable.Outcome) -> [String] {
        outcome.output.split(separator: "\n").filter { $0.hasPrefix("status ") }.map { String($0.dropFirst(7)) }
    }

    @Test(arguments: [4, 100, 400, 3000]) func aPullGoesOn(size: Int) throws {
        let outcome = try Scarce.run(
            diskOf: size,
            """
            pull() { "$BIN/retort-pull" \(try log(2000)) --workspace "$DISK/w" --output "$DISK/o.jsonl" --quiet
                echo "status $?"; }
            pull
            ls "$DISK"
            grow
            pull
            wc -l < "$DISK/o.jsonl"
            ls "$DISK"
            """)
        #expect(statuses(outcome) == ["1", "0"], "\(outcome)")
        #expect(outcome.errors.contains("database or disk is full\nhint: the disk is full: free some space"))
        #expect(outcome.output.hasSuffix("2000\no.jsonl\nw\n"), "\(outcome.output)")
    }

    @Test func aRegistryGoesOn() throws {
        let outcome = try Scarce.run(
            diskOf: 4096,
            """
            tool() { "$BIN/retort-registry" "$@" --workspace "$DISK/w"; echo "status $?"; }
            fill() { dd if=/dev/zero of="$DISK/fill" bs=4k 2>&- ; }
            tool register b --artifact \(Checkout.base)
            find "$DISK/w/store" -type f | wc -l
            grow
            tool register b --artifact \(Checkout.base)
            fill
            tool promote b:1 --reason r --override r
            tool list
            rm "$DISK/fill"
            tool promote b:1 --reason r --override r
            tool promote b:1 --reason r --override r
            tool verify
            """)
        #expect(statuses(outcome) == ["1", "0", "1", "1", "0", "0", "0"], "\(outcome)")
        #expect(outcome.errors.contains("No space left on device\nhint: free some space and run it again"))
        #expect(outcome.errors.contains("hint: the disk is full: free some space and run it again"))
        #expect(outcome.output.contains("status 1\n0\n"), "\(outcome.output)")
        #expect(outcome.output.contains("verified 1 versions and 2 history entries"), "\(outcome.output)")
    }

    /// Logs, labels and a dataset of the bundled task, each with a disk that is filled up to some bytes before.
    @Test func labelingAndCurationGoOn() throws {
        let data = Checkout.path("Datasets/support-intent")
        let outcome = try Scarce.run(
            diskOf: 64 << 10,
            """
            fill() { dd if=/dev/zero of="$DISK/fill" bs=1k 2>&-; truncate -s "-$1" "$DISK/fill"; }
            "$BIN/retort-pull" \(data)/logs --task \(data)/task.yaml --workspace "$DISK/w" --quiet > /dev/null
            "$BIN/retort-replay" --recording \(data)/teacher.jsonl > "$DISK/ready" & teacher=$!
            trap 'kill $teacher 2>&-' EXIT
            for try in $(seq 600); do grep -q url "$DISK/ready" && break; sleep 0.1; done
            url=$(grep -o 'http://[0-9.:]*' "$DISK/ready")
            label() { "$BIN/retort-label" --task \(data)/task.yaml --workspace "$DISK/w" --endpoint "$url/v1" \\
                --model teacher --price-in 0 --price-out 0 --output "$DISK/l.jsonl" --quiet; echo "status $?"; }
            for space in 0 40k 400k; do fill $space; label; done
            rm "$DISK/fill"; label
            kill $teacher
            curate() { "$BIN/retort-curate" --task \(data)/task.yaml --labels "$DISK/l.jsonl" --output "$DISK/set" \\
                --workspace "$DISK/w" --quiet; echo "status $?"; }
            for space in 0 40k 400k; do fill $space; curate; test ! -e "$DISK/set" || echo half; done
            rm "$DISK/fill"; curate
            find "$DISK" -name '*partial*'
            """)
        #expect(statuses(outcome) == ["1", "1", "1", "0", "1", "1", "1", "0"], "\(outcome)")
        #expect(!outcome.output.contains("half") && !outcome.output.contains("partial"), "\(outcome.output)")
        let hints = outcome.errors.components(separatedBy: "free some space and run it again").count - 1
        #expect(hints == 6, "\(outcome.errors)")
    }

    @Test func aTrainingGoesOn() throws {
        let rows = (0..<64).map { number in
            #"{"messages":[{"role":"user","content":"item \#(number % 3)"},"#
                + #"{"role":"assistant","content":"\#(["red", "green", "blue"][number % 3])"}]}"# + "\n"
        }.joined()
        let dataset = try folder.write("train.jsonl", rows)
        let outcome = try Scarce.run(
            diskOf: 200,
            """
            train() { "$BIN/retort-train" --base \(Checkout.base) --dataset \(dataset) --rank 2 --epochs 2 \\
                --batch-size 16 --output "$DISK/a.gguf" --quiet; echo "status $?"; }
            train
            find "$DISK" -name '*.partial' -o -name '.*.lock'
            grow
            train
            ls "$DISK"
            """)
        #expect(statuses(outcome) == ["1", "0"], "\(outcome)")
        #expect(outcome.errors.contains("No space left on device\nhint: free some space and run it again"))
        #expect(!outcome.output.contains(".partial") && !outcome.output.contains(".lock"), "\(outcome.output)")
    }
}
