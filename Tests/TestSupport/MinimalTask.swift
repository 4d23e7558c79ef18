/// A small `task.yaml`: three labels, both prompts, nothing else.
public let minimalTask = """
    name: intents
    labels:
      - {name: track, description: where is it, examples: ["where's my order?"]}
      - {name: refund}
      - {name: other}
    out_of_scope: other
    prompts:
      student: {system: "Name the intent.", user: "{input}"}
      teacher: {system: "Choose:\\n{labels}", user: "{input}"}
    """
