import Tasks
import TestSupport

/// The small task with more keys.
func task(_ more: String = "") throws -> TaskDefinition { try TaskDefinition(yaml: minimalTask + "\n" + more) }
