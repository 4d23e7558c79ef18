"""llama.cpp through its C interface: any build of it, with the header it was built from.

The structures of parameters differ between versions, so their fields are read from `llama.h`. Only these functions of
the library are used: loading, tokens, one decode, adapters, quantizing, and ggml's conversion of rows.
"""

import ctypes
import pathlib
import re

import numpy

F32 = 0


class ReferenceMissing(Exception):
    """The library or its header is not there."""


def library_folder(path):
    """The folder of libllama: `path` is it, a file in it, a Python package with it, or a checkout that was built."""
    path = pathlib.Path(path).resolve()
    folder = path.parent if path.is_file() else path
    for place in (folder, folder / "lib", folder / "llama_cpp" / "lib", folder / "build" / "bin", folder / "bin"):
        if any(place.glob("libllama.so*")) or any(place.glob("libllama.dylib")):
            return place
    raise ReferenceMissing(f"{path}: no libllama, expected llama.cpp's build or the folder of llama_cpp")


def header_path(folder):
    for place in (folder, *folder.parents[:3]):
        if (place / "include" / "llama.h").is_file():
            return place / "include" / "llama.h"
    raise ReferenceMissing(f"{folder}: no include/llama.h beside it, expected --header with its path")


def structure(header, name):
    """A ctypes structure with the fields of `struct name` in a header that has one field a line."""
    body = re.search(r"struct %s \{(.*?)\n\s*\}" % name, header, re.S)
    if not body:
        raise ReferenceMissing(f"llama.h: no struct {name}, expected a version from 2025 or later")
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", body.group(1), flags=re.S)
    plain = {
        "bool": ctypes.c_bool, "float": ctypes.c_float, "double": ctypes.c_double, "size_t": ctypes.c_size_t,
        "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int": ctypes.c_int,
    }
    fields = []
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        *words, field = statement.replace("*", " * ").split()
        words = [word for word in words if word not in ("const", "struct")]
        if "*" in words or words[0].endswith("_callback") or words[0].endswith("_t") and words[0] not in plain:
            kind = ctypes.c_void_p
        elif words[0] == "enum":
            kind = ctypes.c_int
        else:
            kind = plain[words[0]]
        fields.append((field, kind))
    return type(name, (ctypes.Structure,), {"_fields_": fields})


class Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)), ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)), ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8)),
    ]


class Traits(ctypes.Structure):
    _fields_ = [
        ("type_name", ctypes.c_char_p), ("blck_size", ctypes.c_int64), ("blck_size_interleave", ctypes.c_int64),
        ("type_size", ctypes.c_size_t), ("is_quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
    ]


class Reference:
    def __init__(self, path, header=None):
        folder = library_folder(path)
        self.folder = folder
        text = pathlib.Path(header or header_path(folder)).read_text()
        self.ModelParameters = structure(text, "llama_model_params")
        self.ContextParameters = structure(text, "llama_context_params")
        self.QuantizeParameters = structure(text, "llama_model_quantize_params")
        suffix = "dylib" if any(folder.glob("libllama.dylib")) else "so"
        # Dependencies first: a library that was moved may not find them by itself.
        loaded = {
            name: ctypes.CDLL(str(folder / f"lib{name}.{suffix}"), mode=ctypes.RTLD_GLOBAL)
            for name in ("ggml-base", "ggml-cpu", "ggml", "llama") if (folder / f"lib{name}.{suffix}").exists()
        }
        self.llama, self.ggml = loaded["llama"], loaded["ggml-base"]
        self._declare()
        self._quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
        self.llama.llama_log_set(self._quiet, None)
        self.llama.llama_backend_init()

    def _declare(self):
        pointer, text, integer, flag = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_bool
        ids = ctypes.POINTER(ctypes.c_int32)
        declarations = {
            "llama_model_default_params": (self.ModelParameters, []),
            "llama_context_default_params": (self.ContextParameters, []),
            "llama_model_quantize_default_params": (self.QuantizeParameters, []),
            "llama_model_load_from_file": (pointer, [text, self.ModelParameters]),
            "llama_model_free": (None, [pointer]),
            "llama_model_get_vocab": (pointer, [pointer]),
            "llama_vocab_n_tokens": (integer, [pointer]),
            "llama_vocab_get_text": (text, [pointer, integer]),
            "llama_tokenize": (integer, [pointer, text, integer, ids, integer, flag, flag]),
            "llama_detokenize": (integer, [pointer, ids, integer, text, integer, flag, flag]),
            "llama_init_from_model": (pointer, [pointer, self.ContextParameters]),
            "llama_free": (None, [pointer]),
            "llama_batch_init": (Batch, [integer, integer, integer]),
            "llama_batch_free": (None, [Batch]),
            "llama_decode": (integer, [pointer, Batch]),
            "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [pointer, integer]),
            "llama_adapter_lora_init": (pointer, [pointer, text]),
            "llama_model_quantize": (ctypes.c_uint32, [text, text, ctypes.POINTER(self.QuantizeParameters)]),
            "llama_log_set": (None, [pointer, pointer]),
            "llama_backend_init": (None, []),
        }
        for name, (result, arguments) in declarations.items():
            function = getattr(self.llama, name)
            function.restype, function.argtypes = result, arguments
        self.ggml.ggml_get_type_traits.restype = ctypes.POINTER(Traits)
        self.ggml.ggml_get_type_traits.argtypes = [ctypes.c_int]

    def open(self, path, vocabulary_only=False):
        return ReferenceModel(self, path, vocabulary_only)

    def dequantized(self, type_number, data, count):
        """Rows of a tensor's bytes as float32."""
        data = numpy.ascontiguousarray(data)
        if type_number == F32:
            return data.view(numpy.float32).reshape(-1)[:count].copy()
        result = numpy.zeros(count, dtype=numpy.float32)
        self.ggml.ggml_get_type_traits(type_number).contents.to_float(data.ctypes.data, result.ctypes.data, count)
        return result

    def quantize(self, source, target, file_type, threads=2):
        """What llama-quantize does; file type 0 writes the model dequantized."""
        parameters = self.llama.llama_model_quantize_default_params()
        parameters.ftype = file_type
        parameters.nthread = threads
        parameters.allow_requantize = True
        code = self.llama.llama_model_quantize(
            str(source).encode(), str(target).encode(), ctypes.byref(parameters))
        if code != 0:
            raise RuntimeError(f"llama_model_quantize: {code} for {source}")


class ReferenceModel:
    def __init__(self, reference, path, vocabulary_only):
        self.llama = reference.llama
        self.reference = reference
        parameters = self.llama.llama_model_default_params()
        parameters.vocab_only = vocabulary_only
        parameters.n_gpu_layers = 0
        # Repacked weights are summed in another order.
        if hasattr(parameters, "use_extra_bufts"):
            parameters.use_extra_bufts = False
        self.model = self.llama.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            raise RuntimeError(f"llama.cpp does not load {path}")
        self.vocabulary = self.llama.llama_model_get_vocab(self.model)
        self.token_count = self.llama.llama_vocab_n_tokens(self.vocabulary)

    def close(self):
        self.llama.llama_model_free(self.model)

    def token_text(self, token):
        """As the file writes it, in bytes."""
        return self.llama.llama_vocab_get_text(self.vocabulary, token)

    def tokenize(self, text, add_special, parse_special):
        data = text.encode()
        room = len(data) + 16
        ids = (ctypes.c_int32 * room)()
        count = self.llama.llama_tokenize(
            self.vocabulary, data, len(data), ids, room, add_special, parse_special)
        if count < 0:
            room = -count
            ids = (ctypes.c_int32 * room)()
            count = self.llama.llama_tokenize(
                self.vocabulary, data, len(data), ids, room, add_special, parse_special)
        return list(ids[:count])

    def detokenize(self, tokens):
        ids = (ctypes.c_int32 * max(1, len(tokens)))(*tokens)
        room = 64 + 32 * len(tokens)
        while True:
            text = ctypes.create_string_buffer(room)
            count = self.llama.llama_detokenize(self.vocabulary, ids, len(tokens), text, room, False, True)
            if count >= 0:
                return text.raw[:count]
            room = -count

    def logits(self, tokens, adapter=None, context=None, threads=2):
        """[positions, vocabulary]: float32 keys and values, no flash attention, one batch, no context shift."""
        parameters = self.llama.llama_context_default_params()
        size = context or max(256, -(-len(tokens) // 256) * 256)
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = size
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.type_k = parameters.type_v = F32
        parameters.swa_full = True
        if hasattr(parameters, "flash_attn_type"):
            parameters.flash_attn_type = 0
        else:
            parameters.flash_attn = False
        session = self.llama.llama_init_from_model(self.model, parameters)
        if not session:
            raise RuntimeError("llama.cpp makes no context for this model")
        try:
            if adapter:
                self._attach(session, adapter)
            return self._decode(session, tokens)
        finally:
            self.llama.llama_free(session)

    def _attach(self, session, path):
        handle = self.llama.llama_adapter_lora_init(self.model, str(path).encode())
        if not handle:
            raise RuntimeError(f"llama.cpp does not load the adapter {path}")
        if hasattr(self.llama, "llama_set_adapters_lora"):
            handles, scales = (ctypes.c_void_p * 1)(handle), (ctypes.c_float * 1)(1)
            function = self.llama.llama_set_adapters_lora
            function.argtypes = [
                ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t, ctypes.POINTER(ctypes.c_float)]
            code = function(session, handles, 1, scales)
        else:
            function = self.llama.llama_set_adapter_lora
            function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_float]
            code = function(session, handle, 1)
        if code != 0:
            raise RuntimeError(f"llama.cpp does not take the adapter {path}: {code}")

    def _decode(self, session, tokens):
        count = len(tokens)
        batch = self.llama.llama_batch_init(count, 0, 1)
        batch.n_tokens = count
        for index, token in enumerate(tokens):
            batch.token[index], batch.pos[index], batch.logits[index] = token, index, 1
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
        try:
            code = self.llama.llama_decode(session, batch)
            if code != 0:
                raise RuntimeError(f"llama_decode: {code}")
            rows = [
                numpy.ctypeslib.as_array(self.llama.llama_get_logits_ith(session, index), (self.token_count,)).copy()
                for index in range(count)
            ]
            return numpy.stack(rows)
        finally:
            self.llama.llama_batch_free(batch)
