import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail.core.framing import NDJSONReader, ServerEvent, SSEReader

LINES = st.one_of(
    st.sampled_from(["", "", "data: a", "data:b", "data", "data:  two spaces", "event: x", "event:y", "id: 7", ": comment", "retry: 5"]),
    st.text(alphabet='d aä€😀:{}"\x0b\x85\u2028', max_size=12).map(lambda text: "data: " + text),
)
BODIES = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"])), max_size=25).map(lambda rows: "".join(a + b for a, b in rows))


def read(reader: SSEReader | NDJSONReader, *chunks: bytes) -> list[ServerEvent]:
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.close()


def cut(body: bytes, points: list[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(point % (len(body) + 1) for point in points)})
    return [body[start:end] for start, end in pairwise(edges)]


def by_the_standard(text: str) -> list[ServerEvent]:
    """The HTML standard's algorithm over the whole text; the event at the end counts without its blank line."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    out, data, kind, id = [], [], "", ""
    for line in [*lines, ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                out.append(ServerEvent("\n".join(data), kind, id))
            data, kind = [], ""
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            id = value
    return out


@given(BODIES, st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_events_are_those_of_the_standard_at_any_cut(text: str, points: list[int], bom: bool):
    body = ("\ufeff" * bom + text).encode()
    assert read(SSEReader(), *cut(body, points)) == by_the_standard(text)


@given(BODIES)
def test_events_are_the_same_byte_by_byte_with_empty_chunks_between(text: str):
    body = text.encode()
    chunks = [piece for n in range(len(body)) for piece in (body[n : n + 1], b"")]
    assert read(SSEReader(), *chunks) == by_the_standard(text)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_each_line_end_ends_a_line(end: str):
    assert read(SSEReader(), f"event: e{end}data: 1{end}data: 2{end}{end}".encode()) == [ServerEvent("1\n2", "e")]


def test_an_event_comes_out_as_soon_as_its_blank_line_does():
    reader = SSEReader()
    assert reader.feed(b"data: 1\n") == []
    assert reader.feed(b"\n") == [ServerEvent("1")]


def test_an_event_ended_by_a_lone_cr_does_not_wait_for_the_next_chunk():
    assert SSEReader().feed(b"data: 1\r\r") == [ServerEvent("1")]


def test_the_id_stays_until_another_comes_and_the_kind_does_not():
    events = read(SSEReader(), b"id: 1\nevent: a\ndata: x\n\ndata: y\n\n")
    assert [(event.id, event.event) for event in events] == [("1", "a"), ("1", "")]


def test_bytes_that_are_no_utf8_are_replaced_and_do_not_stop_the_stream():
    assert [event.data for event in read(SSEReader(), b"data: \xff\n\ndata: b\n\n")] == ["\ufffd", "b"]


@given(st.lists(st.one_of(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), st.integers()), max_size=8), st.data())
def test_json_lines_come_out_whole_at_any_cut(values: list, data: st.DataObject):
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n", "\n\n", "\n  \n"]), min_size=len(values), max_size=len(values)))
    body = "".join(json.dumps(value, ensure_ascii=False) + end for value, end in zip(values, ends, strict=True)).encode()
    if data.draw(st.booleans()):
        body = body.rstrip()
    points = data.draw(st.lists(st.integers(0, 10_000), max_size=8))
    assert [json.loads(event.data) for event in read(NDJSONReader(), *cut(body, points))] == values


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab{}[]:,"\\ \n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="ab{}", max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), min_size=1, max_size=5)


@given(OBJECTS, st.sampled_from([None, 0, 2]), st.booleans(), st.booleans())
def test_objects_are_told_apart_whether_blank_lines_stand_between_them_or_not(values: list, indent: int | None, blank: bool, named: bool):
    names = [f"e{n}" if named else "" for n in range(len(values))]
    rows: list[str] = []
    for name, value in zip(names, values, strict=True):
        rows += [f"event: {name}"] * named + [f"data: {line}" for line in json.dumps(value, indent=indent).split("\n")] + [""] * blank
    events = read(SSEReader(json_data=True), "\n".join([*rows, ""]).encode())
    assert [(event.event, json.loads(event.data)) for event in events] == list(zip(names, values, strict=True))


def test_words_of_relays_do_not_join_objects_without_blank_lines():
    body = b'data: {"a": 1}\n: beat\ndata: ping\n\ndata: {"b": [\ndata:   2]\ndata: }\ndata: [DONE]\n'
    assert [event.data for event in read(SSEReader(json_data=True), body)] == ['{"a": 1}', "ping", '{"b": [\n  2]\n}', "[DONE]"]


def test_lines_of_data_without_a_colon_count_too():
    reader = SSEReader(1000)
    with pytest.raises(OverflowError, match="an event of more than 1,000 bytes"):
        reader.feed(b"data\n" * 1000)
