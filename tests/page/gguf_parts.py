"""Splits a GGUF file into parts, as llama-gguf-split does, gives one another chat template, and makes a projector: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

import math
import random
import struct
from collections.abc import Iterator

UINT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 2, 4, 5, 6, 7, 8, 9
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
ALIGNMENT = 32


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def string(self) -> bytes:
        length = self.number("<Q")
        self.at += length
        return self.data[self.at - length : self.at]

    def skip(self, kind: int) -> None:
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            of, count = self.number("<I"), self.number("<Q")
            for _ in range(count):
                self.skip(of)
        else:
            self.at += SIZES[kind]


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _pad(size: int) -> int:
    return -size % ALIGNMENT


def split(data: bytes, count: int) -> Iterator[bytes]:
    """Yields `count` parts of a GGUF file of version 3, each of which is a GGUF file."""
    reader = _Reader(data)
    magic, version = data[:4], struct.unpack_from("<I", data, 4)[0]
    assert (magic, version) == (b"GGUF", 3)
    reader.at = 8
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    begin = reader.at
    for _ in range(pairs):
        reader.string()
        reader.skip(reader.number("<I"))
    metadata = data[begin : reader.at]
    infos = []
    for _ in range(tensors):
        name, dims = reader.string(), reader.number("<I")
        shape = data[reader.at : reader.at + 8 * dims + 4]  # with the type behind it
        reader.at += len(shape)
        infos.append((name, dims, shape, reader.number("<Q")))
    base = reader.at + _pad(reader.at)
    infos.sort(key=lambda info: info[3])
    ends = [*(info[3] for info in infos[1:]), len(data) - base]
    per_part = -(-tensors // count)
    for number in range(count):
        own = list(zip(infos, ends, strict=True))[number * per_part : (number + 1) * per_part]
        about = {b"split.no": (UINT16, "<H", number), b"split.count": (UINT16, "<H", count), b"split.tensors.count": (INT32, "<i", tensors)}
        extra = b"".join(_string(key) + struct.pack("<I", kind) + struct.pack(form, value) for key, (kind, form, value) in about.items())
        head = extra + (metadata if number == 0 else b"")
        written = len(about) + (pairs if number == 0 else 0)
        table, body = b"", b""
        for (name, dims, shape, offset), end in own:
            table += _string(name) + struct.pack("<I", dims) + shape + struct.pack("<Q", len(body))
            tensor = data[base + offset : base + end]
            body += tensor + bytes(_pad(len(tensor)))
        part = b"GGUF" + struct.pack("<IQQ", 3, len(own), written) + head + table
        yield part + bytes(_pad(len(part))) + body


def with_template(data: bytes, template: str) -> tuple[bytes, int]:
    """Returns the head of the same model with another chat template, and where the tensors of `data` begin, which come behind it.

    data: at least the head of a GGUF file of version 3 that has a template."""
    reader = _Reader(data)
    reader.at = 8
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    head = b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs)
    for _ in range(pairs):
        begin = reader.at
        key = reader.string()
        reader.skip(reader.number("<I"))
        own = _string(key) + struct.pack("<I", STRING) + _string(template.encode())
        head += own if key == b"tokenizer.chat_template" else data[begin : reader.at]
    begin = reader.at
    for _ in range(tensors):
        reader.string()
        dims = reader.number("<I")
        reader.at += 8 * dims + 4 + 8
    head += data[begin : reader.at]
    return head + bytes(_pad(len(head))), reader.at + _pad(reader.at)


def projector(size: int, *, reads: str) -> bytes:
    """Returns a projector (mmproj) with one layer and numbers drawn at random, for pictures in LLaVA's form or for sound in Ultravox's: what
    it makes of one means nothing, and is another thing for another one.

    size: numbers in an embedding of the language model. reads: "vision" or "audio"."""
    width, patch, side, stack, bins, seconds = 32, 14, 28, 10, 80, 30
    prefix, part = ("v", "clip.vision.") if reads == "vision" else ("a", "clip.audio.")
    numbers = {
        "embedding_length": width,
        "feed_forward_length": width,
        "block_count": 1,
        "projection_dim": size,
        "attention.head_count": 2,
    }
    blk = f"{prefix}.blk.0."
    shapes: dict[str, tuple[int, ...]] = {
        **{f"{blk}attn_{name}.weight": (width, width) for name in ("q", "k", "v", "out")},
        **{f"{blk}attn_{name}.bias": (width,) for name in (("q", "k", "v", "out") if reads == "vision" else ("q", "v", "out"))},
        **{f"{blk}ln{at}.{name}": (width,) for at in (1, 2) for name in ("weight", "bias")},
        **{f"{blk}ffn_{name}.weight": (width, width) for name in ("up", "down")},
        **{f"{blk}ffn_{name}.bias": (width,) for name in ("up", "down")},
    }
    about: dict[str, tuple[int, bytes]] = {
        "general.architecture": (STRING, _string(b"clip")),
        "general.type": (STRING, _string(b"mmproj")),
        f"clip.has_{reads}_encoder": (BOOL, b"\1"),
        "clip.projector_type": (STRING, _string(b"mlp" if reads == "vision" else b"ultravox")),
        "clip.use_gelu": (BOOL, b"\1"),
        f"{part}attention.layer_norm_epsilon": (FLOAT32, struct.pack("<f", 1e-5)),
    }
    if reads == "vision":
        numbers |= {"image_size": side, "patch_size": patch}
        about |= {f"{part}image_{name}": (ARRAY, struct.pack("<IQ3f", FLOAT32, 3, 0.5, 0.5, 0.5)) for name in ("mean", "std")}
        shapes |= {
            "v.patch_embd.weight": (patch, patch, 3, width),
            "v.position_embd.weight": (width, (side // patch) ** 2),
            "mm.0.weight": (width, width),
            "mm.0.bias": (width,),
            "mm.2.weight": (width, size),
            "mm.2.bias": (size,),
        }
    else:
        numbers |= {"num_mel_bins": bins, "projector.stack_factor": stack}
        shapes |= {
            "a.position_embd.weight": (width, seconds * 50),
            "a.conv1d.1.weight": (3, bins, width),
            "a.conv1d.1.bias": (1, width),
            "a.conv1d.2.weight": (3, width, width),
            "a.conv1d.2.bias": (1, width),
            **{f"a.post_ln.{name}": (width,) for name in ("weight", "bias")},
            "mm.a.norm_pre.weight": (width * stack,),
            "mm.a.mlp.1.weight": (width * stack, 2 * width),
            "mm.a.norm_mid.weight": (width,),
            "mm.a.mlp.2.weight": (width, size),
        }
    about |= {f"{part}{name}": (UINT32, struct.pack("<I", value)) for name, value in numbers.items()}
    draw = random.Random(1)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(about))
    head += b"".join(_string(key.encode()) + struct.pack("<I", kind) + value for key, (kind, value) in about.items())
    body = b""
    for name, shape in shapes.items():
        head += _string(name.encode()) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        tensor = struct.pack(f"<{math.prod(shape)}f", *(draw.gauss(0, 0.3) for _ in range(math.prod(shape))))
        body += tensor + bytes(_pad(len(tensor)))
    return head + bytes(_pad(len(head))) + body
