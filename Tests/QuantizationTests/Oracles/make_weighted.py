#!/usr/bin/env python3
"""Writes weighted.json: digests of what ggml makes of the fixture rows under an importance matrix.

Usage: make_weighted.py --ggml-base PATH/libggml-base.so --fixtures DIR

For each source of quants/index.json (32 rows of 256), each type and each importance, the FNV-1a digest (64 bits) of
the bytes of `ggml_quantize_chunk(type, source, out, 0, 32, 256, importance)`. The library must have been built without
fused multiply-add, as ggml-base is unless one asks for it: the script checks that it gives the fixtures' own bytes
without importance.
"""
import argparse
import ctypes
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"]


def importances(columns):
    """Integers, so that every program has the same floats."""
    index = np.arange(columns)
    return {
        "ramp": (index + 1).astype(np.float32),
        "spikes": np.where(index % 37 == 5, 4096, 1 + index % 3).astype(np.float32),
        "gaps": np.where(index % 4 == 0, 0, 2 + index % 5).astype(np.float32),
        "nothing": np.zeros(columns, np.float32),
    }


def digest(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ggml-base", required=True)
    parser.add_argument("--fixtures", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    library = ctypes.CDLL(arguments.ggml_base)
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    folder = arguments.fixtures / "quants"
    index = json.loads((folder / "index.json").read_text())
    rows, columns = index["rows"], index["cols"]

    def read(block):
        return np.fromfile(folder / block["file"], np.uint8, block["nbytes"], offset=block["offset"])

    def quantize(kind, values, importance):
        code = index["types"][kind]["ggml_type"]
        out = np.zeros(values.size * 4, np.uint8)
        pointer = None if importance is None else importance.ctypes.data
        return out[:library.ggml_quantize_chunk(code, values.ctypes.data, out.ctypes.data, 0, rows, columns, pointer)]

    entries = []
    for source in index["sources"]:
        values = read(source["data"]).view(np.float32).copy()
        for kind in TYPES:
            known = next(e for e in index["entries"] if e["source"] == source["kind"] and e["type"] == kind)
            assert np.array_equal(quantize(kind, values, None), read(known["quant"])), (source["kind"], kind, "not the fixtures' build")
            for name, importance in importances(columns).items():
                found = quantize(kind, values, importance)
                entries.append({"source": source["kind"], "type": kind, "importance": name, "digest": digest(found.tobytes())})
    text = ",\n".join(json.dumps(entry) for entry in entries)
    (HERE / "weighted.json").write_text(f"[\n{text}\n]\n")
    print(len(entries), "entries")


if __name__ == "__main__":
    main()
