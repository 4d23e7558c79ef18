import Foundation

extension ChatTemplate {
    /// The names of the built-in templates.
    public static var names: [String] { builtIn.keys.sorted() }

    /// One of the formats that the field knows by name, for files that lack a template or carry a wrong one.
    ///
    /// - Throws: ``ChatTemplateError/unknownName(_:)``.
    public init(named name: String) throws {
        guard let source = ChatTemplate.builtIn[name.lowercased()] else { throw ChatTemplateError.unknownName(name) }
        try self.init(source: source)
    }

    /// The template that a user names with `--template`: a built-in one, or a Jinja file.
    ///
    /// - Throws: ``ChatTemplateError/unknownName(_:)`` for what is neither; what parsing throws.
    public init(chosen name: String) throws {
        var isFolder: ObjCBool = false
        if ChatTemplate.builtIn[name.lowercased()] != nil {
            try self.init(named: name)
        } else if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), !isFolder.boolValue,
            FileManager.default.isReadableFile(atPath: name)
        {
            let data = try Data(contentsOf: URL(filePath: name))
            guard let source = String(validating: data, as: UTF8.self) else {
                throw ChatTemplateError.syntax(line: 1, "\(name): not UTF-8, expected a Jinja template")
            }
            try self.init(source: source)
        } else {
            throw ChatTemplateError.unknownName(name)
        }
    }

    private static let builtIn: [String: String] = [
        "chatml": chatml, "llama2": llama2, "llama3": llama3, "gemma": gemma, "phi3": phi3, "phi4": phi4,
        "mistral": mistral, "zephyr": zephyr, "alpaca": alpaca,
    ]

    private static let chatml = """
        {%- for message in messages %}
        {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') + '<|im_end|>\\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
        """

    private static let llama3 = """
        {{- bos_token }}
        {%- for message in messages %}
        {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}
        {{- (message.content or '') | trim + '<|eot_id|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
        """

    /// The system message goes into the first user message.
    private static let llama2 = """
        {%- set ns = namespace(system='') %}
        {%- for message in messages %}
        {%- if message.role == 'system' %}
        {%- set ns.system = '<<SYS>>\\n' + (message.content or '') + '\\n<</SYS>>\\n\\n' %}
        {%- elif message.role == 'assistant' %}
        {{- ' ' + (message.content or '') | trim + ' ' + eos_token }}
        {%- else %}
        {{- bos_token + '[INST] ' + ns.system + (message.content or '') | trim + ' [/INST]' }}
        {%- set ns.system = '' %}
        {%- endif %}
        {%- endfor %}
        """

    private static let mistral = """
        {{- bos_token }}
        {%- set ns = namespace(system='') %}
        {%- for message in messages %}
        {%- if message.role == 'system' %}
        {%- set ns.system = (message.content or '') + '\\n\\n' %}
        {%- elif message.role == 'assistant' %}
        {{- ' ' + (message.content or '') | trim + eos_token }}
        {%- else %}
        {{- '[INST] ' + ns.system + (message.content or '') + ' [/INST]' }}
        {%- set ns.system = '' %}
        {%- endif %}
        {%- endfor %}
        """

    /// Gemma knows no system role: its text precedes the first user message.
    private static let gemma = """
        {{- bos_token }}
        {%- set ns = namespace(system='') %}
        {%- for message in messages %}
        {%- if message.role == 'system' %}
        {%- set ns.system = (message.content or '') + '\\n\\n' %}
        {%- else %}
        {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}
        {{- ns.system + (message.content or '') | trim + '<end_of_turn>\\n' }}
        {%- set ns.system = '' %}
        {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}
        """

    private static let phi3 = """
        {%- for message in messages %}
        {{- '<|' + message.role + '|>\\n' + (message.content or '') + '<|end|>\\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>\\n' }}{%- endif %}
        """

    private static let phi4 = """
        {%- for message in messages %}
        {{- '<|im_start|>' + message.role + '<|im_sep|>' + (message.content or '') + '<|im_end|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant<|im_sep|>' }}{%- endif %}
        """

    private static let zephyr = """
        {%- for message in messages %}
        {{- '<|' + message.role + '|>\\n' + (message.content or '') + eos_token + '\\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>\\n' }}{%- endif %}
        """

    private static let alpaca = """
        {%- for message in messages %}
        {%- if message.role == 'system' %}{{- (message.content or '') + '\\n\\n' }}
        {%- elif message.role == 'assistant' %}{{- '### Response:\\n' + (message.content or '') + eos_token + '\\n\\n' }}
        {%- else %}{{- '### Instruction:\\n' + (message.content or '') + '\\n\\n' }}
        {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '### Response:\\n' }}{%- endif %}
        """
}
