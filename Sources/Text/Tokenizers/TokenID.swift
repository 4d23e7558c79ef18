/// A token's place in its model's vocabulary, from 0.
public typealias TokenID = Int32
