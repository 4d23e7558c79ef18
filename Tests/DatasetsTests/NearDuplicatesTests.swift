import Datasets
import Testing

@Suite struct NearDuplicatesTests {
    /// " abcd " and " abce ": of the runs of four, " abc" is shared and "abcd", "bcd ", "abce", "bce " are not.
    @Test func similarityIsJaccardsOverRunsOfFour() {
        let pair = NearDuplicates(["abcd", "abce"])
        #expect(pair.similarity(0, 1) == 0.2)
        #expect(pair.similarity(0, 0) == 1)
    }

    @Test func formAndNumbersDoNotMatter() {
        let texts = ["Where is order #123?", "where is  ORDER 987", "where is order", "!!", "??"]
        #expect(NearDuplicates(texts).groups(similarity: 1) == [0, 0, 2, 3, 4])
    }

    /// Against the definition: all pairs, and chains of them.
    @Test(arguments: [UInt64(1), 2, 3], [0.5, 0.7, 0.8, 0.95, 1.0])
    func groupsAreThoseOfAllPairs(seed: UInt64, threshold: Double) {
        let texts = traffic(200, seed: seed).map(\.input)
        let similar = NearDuplicates(texts)
        var expected = Array(texts.indices)
        for i in texts.indices {
            for j in 0..<i where similar.similarity(i, j) >= threshold {
                let (low, high) = (min(expected[i], expected[j]), max(expected[i], expected[j]))
                for k in texts.indices where expected[k] == high { expected[k] = low }
            }
        }
        #expect(similar.groups(similarity: threshold) == expected)
    }

    @Test(arguments: [UInt64(4), 5, 6]) func theMaximumIsThatOfAllPairs(seed: UInt64) {
        let texts = traffic(200, seed: seed).map(\.input)
        let similar = NearDuplicates(texts)
        let (left, right) = (Array(0..<60), Array(60..<200))
        let expected = left.flatMap { i in right.map { similar.similarity(i, $0) } }.max() ?? 0
        #expect(similar.maximumSimilarity(between: left, and: right, floor: 0.5) == expected)
        #expect(NearDuplicates(["abcd", "wxyz"]).maximumSimilarity(between: [0], and: [1], floor: 0.5) == nil)
        #expect(NearDuplicates(["abcd"]).maximumSimilarity(between: [0], and: [], floor: 0.5) == nil)
    }
}
