"""Makes an ONNX model of a GGUF file with a Llama, in the folder that transformers.js loads: python onnx_llama.py FILE FOLDER.

How it works. The graph is the one that exporters write for onnxruntime: GroupQueryAttention with the rotation of positions inside, and
8-bit MatMulNBits in blocks of 32, into which the file's 4-bit weights go. llama.cpp keeps the rows of queries and keys so that neighbours
are rotated together, which is `rotary_interleaved`. The tokenizer is byte-level BPE with digits apart, as llama.cpp's "smollm".
"""

import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from onnx import TensorProto, helper, numpy_helper, save

MICROSOFT = "com.microsoft"
BLOCK = 32
BITS = 8
MIDDLE = 128
CONTEXT = 2048
SPECIAL = 3  # llama.cpp's type of tokens that no text contains
BATCH, LENGTH, PAST, TOTAL = (
    "batch_size",
    "sequence_length",
    "past_sequence_length",
    "total_sequence_length",
)  # names that transformers.js knows


class Llama:
    def __init__(self, path: str) -> None:
        reader = GGUFReader(path)
        self.fields = {name: field.contents() for name, field in reader.fields.items()}
        self.tensors = {tensor.name: tensor for tensor in reader.tensors}
        self.layers = self.fields["llama.block_count"]
        self.heads = self.fields["llama.attention.head_count"]
        self.kv_heads = self.fields["llama.attention.head_count_kv"]
        self.width = self.fields["llama.embedding_length"]
        self.epsilon = self.fields["llama.attention.layer_norm_rms_epsilon"]
        self.theta = self.fields["llama.rope.freq_base"]
        self.tokens = self.fields["tokenizer.ggml.tokens"]

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def weight(self, name: str) -> np.ndarray:
        tensor = self.tensors[f"{name}.weight"]
        return dequantize(tensor.data, tensor.tensor_type).astype(np.float32)


class Graph:
    def __init__(self, llama: Llama) -> None:
        self.llama = llama
        self.nodes, self.constants = [], []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], outputs: list[str] | None = None, domain: str = "", **attributes) -> str:
        outputs = outputs or [f"{kind}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"node_{len(self.nodes)}", domain=domain, **attributes))
        return outputs[0]

    def quantised(self, name: str) -> tuple[str, str]:
        """Adds the weight's bytes, (rows, blocks, 32), and a scale for each block."""
        weight = self.llama.weight(name)
        blocks = weight.reshape(len(weight), -1, BLOCK)
        scales = np.abs(blocks).max(axis=2) / (MIDDLE - 1)
        scales[scales == 0] = 1
        rounded = np.round(blocks / scales[..., None]) + MIDDLE
        return self.constant(f"{name}.bytes", rounded.astype(np.uint8)), self.constant(f"{name}.scales", scales)

    def product(self, x: str, weight: tuple[str, str], rows: int, columns: int, output: str | None = None) -> str:
        return self.node(
            "MatMulNBits", [x, *weight], [output] if output else None, MICROSOFT, N=rows, K=columns, bits=BITS, block_size=BLOCK
        )

    def linear(self, x: str, name: str) -> str:
        columns, rows = self.llama.tensors[f"{name}.weight"].shape
        return self.product(x, self.quantised(name), int(rows), int(columns))

    def norm(self, x: str, name: str) -> str:
        weight = self.constant(f"{name}.weight", self.llama.weight(name))
        return self.node("SimplifiedLayerNormalization", [x, weight], axis=-1, epsilon=self.llama.epsilon, stash_type=1)

    def embedded(self, table: tuple[str, str]) -> str:
        codes, scales = (self.node("Gather", [part, "input_ids"]) for part in table)
        middle = self.constant("middle", np.float32(MIDDLE))
        centred = self.node("Sub", [self.node("Cast", [codes], to=TensorProto.FLOAT), middle])
        one = self.constant("minus_one", np.array([-1]))
        scaled = self.node("Mul", [centred, self.node("Unsqueeze", [scales, one])])
        return self.node("Reshape", [scaled, self.constant("embedded_shape", np.array([0, 0, self.llama.width]))])

    def positions(self) -> list[str]:
        """The inputs by which attention knows where each token stands."""
        llama = self.llama
        one = self.constant("one", np.array([1]))
        last = self.node("Sub", [self.node("ReduceSum", ["attention_mask", one], keepdims=0), one])
        total = self.node("Gather", [self.node("Shape", ["attention_mask"]), self.constant("axis", np.int64(1))])
        counts = [self.node("Cast", [count], to=TensorProto.INT32) for count in (last, total)]
        angles = np.outer(np.arange(CONTEXT), llama.theta ** (-np.arange(0, llama.head_width, 2) / llama.head_width)).astype(np.float32)
        return [*counts, self.constant("cosines", np.cos(angles)), self.constant("sines", np.sin(angles))]

    def layer(self, x: str, at: int, positions: list[str]) -> str:
        block = f"blk.{at}."
        y = self.norm(x, f"{block}attn_norm")
        asked = [self.linear(y, f"{block}attn_{part}") for part in "qkv"]
        attended = self.node(
            "GroupQueryAttention",
            [*asked, f"past_key_values.{at}.key", f"past_key_values.{at}.value", *positions],
            [f"attended_{at}", f"present.{at}.key", f"present.{at}.value"],
            MICROSOFT,
            num_heads=self.llama.heads,
            kv_num_heads=self.llama.kv_heads,
            do_rotary=1,
            rotary_interleaved=1,
        )
        x = self.node("Add", [x, self.linear(attended, f"{block}attn_output")])
        y = self.norm(x, f"{block}ffn_norm")
        gate = self.linear(y, f"{block}ffn_gate")
        gate = self.node("Mul", [gate, self.node("Sigmoid", [gate])])
        wide = self.node("Mul", [gate, self.linear(y, f"{block}ffn_up")])
        return self.node("Add", [x, self.linear(wide, f"{block}ffn_down")])

    def model(self):
        llama = self.llama
        table = self.quantised("token_embd")
        x = self.embedded(table)
        positions = self.positions()
        for at in range(llama.layers):
            x = self.layer(x, at, positions)
        self.product(self.norm(x, "output_norm"), table, len(llama.tokens), llama.width, "logits")

        def memory(kind: str, length: str):
            names = [f"{kind}.{at}.{part}" for at in range(llama.layers) for part in ("key", "value")]
            return [value(name, TensorProto.FLOAT, [BATCH, llama.kv_heads, length, llama.head_width]) for name in names]

        value = helper.make_tensor_value_info
        inputs = [value("input_ids", TensorProto.INT64, [BATCH, LENGTH]), value("attention_mask", TensorProto.INT64, [BATCH, TOTAL])]
        outputs = [value("logits", TensorProto.FLOAT, [BATCH, LENGTH, len(llama.tokens)])]
        graph = helper.make_graph(
            self.nodes, "llama", inputs + memory("past_key_values", PAST), outputs + memory("present", TOTAL), self.constants
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)], ir_version=9)


def describe_tokenizer(llama: Llama) -> dict:
    bytes_of_text = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    special = [
        {"id": at, "content": token, "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        for at, (token, kind) in enumerate(zip(llama.tokens, llama.fields["tokenizer.ggml.token_type"], strict=True))
        if kind == SPECIAL
    ]
    return {
        "added_tokens": special,
        "normalizer": None,
        "post_processor": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, bytes_of_text]},
        "decoder": bytes_of_text,
        "model": {
            "type": "BPE",
            "vocab": {token: at for at, token in enumerate(llama.tokens)},
            "merges": llama.fields["tokenizer.ggml.merges"],
        },
    }


def describe(llama: Llama) -> dict[str, dict]:
    """The JSON files beside the model."""
    fields = llama.fields
    ids = {
        f"{name}_token_id": fields[f"tokenizer.ggml.{long}_token_id"] for name, long in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
    }
    names = {name.removesuffix("_id"): llama.tokens[at] for name, at in ids.items()}
    return {
        "config.json": {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "hidden_size": llama.width,
            "num_hidden_layers": llama.layers,
            "num_attention_heads": llama.heads,
            "num_key_value_heads": llama.kv_heads,
            "vocab_size": len(llama.tokens),
            **ids,
        },
        "generation_config.json": ids,
        "tokenizer.json": describe_tokenizer(llama),
        "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer",
            "clean_up_tokenization_spaces": False,
            "chat_template": fields["tokenizer.chat_template"],
            **names,
        },
    }


def write(path: str, folder: Path) -> None:
    llama = Llama(path)
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    save(Graph(llama).model(), folder / "onnx/model_quantized.onnx")
    for name, content in describe(llama).items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
