import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import Audio, ConfigError, File, Image, Message, Reasoning, Refusal, Text, ToolCall, ToolOutput
from staysail.core.messages import Opaque, parse_arguments, read_messages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=4), JSON, max_size=3)
EXTRA = st.just({}) | st.fixed_dictionaries({"chat": OBJECTS})
NAMES = st.text(min_size=1, max_size=6)
MEDIA = st.one_of(
    st.fixed_dictionaries(
        {"data": st.binary(max_size=6)}, optional={"media_type": st.sampled_from(["image/png", "audio/wav"]), "name": NAMES}
    ),
    st.fixed_dictionaries({"url": st.just("https://example.org/a")}),
    st.fixed_dictionaries({"file_id": NAMES}),
)
SAID = st.one_of(
    st.builds(Text, st.text(max_size=9), st.lists(OBJECTS, max_size=2).map(tuple), EXTRA),
    MEDIA.map(lambda fields: Image(**fields)),
    MEDIA.map(lambda fields: Audio(**fields)),
    MEDIA.map(lambda fields: File(**fields)),
)
ANSWERED = st.one_of(
    SAID,
    st.builds(Reasoning, st.text(max_size=9), st.none() | NAMES, st.none() | NAMES, EXTRA),
    st.builds(Refusal, st.text(max_size=9), EXTRA),
    st.builds(ToolCall, NAMES, NAMES, OBJECTS, EXTRA),
    st.builds(ToolCall, NAMES, NAMES, st.sampled_from(["{bad", "[1]"]), EXTRA),
    st.builds(Opaque, EXTRA),
)
MESSAGES = st.one_of(
    st.builds(Message, st.sampled_from(["user", "system"]), st.lists(SAID, max_size=3).map(tuple), st.none() | NAMES, EXTRA),
    st.builds(Message, st.just("assistant"), st.lists(ANSWERED, max_size=4).map(tuple), st.none(), EXTRA),
    st.lists(st.builds(ToolOutput, NAMES, NAMES, st.lists(SAID, max_size=2).map(tuple), st.booleans(), EXTRA), max_size=3).map(
        Message.tool
    ),
)


@given(MESSAGES)
def test_a_message_survives_json(message: Message):
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ({"role": "user", "content": "hi"}, Message.user("hi")),
        ({"role": "developer", "content": "hi"}, Message.system("hi")),
        ({"role": "model", "content": "hi"}, Message.assistant("hi")),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, "b"]}, Message.user([Text("a"), Text("b")])),
        ({"role": "user", "content": {"text": "a"}}, Message.user("a")),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://e.org/i", "detail": "low"}}]},
            Message.user(Image(url="https://e.org/i", detail="low")),
        ),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "https://e.org/i"}]}, Message.user(Image(url="https://e.org/i"))),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            Message.assistant(ToolCall("c", "f", {})),
        ),
        ({"role": "tool", "tool_call_id": "c", "content": "42"}, Message.tool([ToolOutput("c", "", (Text("42"),))])),
        (
            {
                "role": "assistant",
                "content": [{"type": "toolcall", "id": "1", "call_id": "c", "function": {"name": "f", "arguments": {"x": 1}}}],
            },
            Message.assistant(ToolCall("c", "f", {"x": 1})),
        ),
        (
            {"role": "user", "content": [{"type": "toolresult", "id": "1", "call_id": "c", "content": [{"type": "text", "text": "42"}]}]},
            Message.tool([ToolOutput("c", "", (Text("42"),))]),
        ),
    ],
)
def test_foreign_shapes_of_a_message_are_read(foreign: dict, ours: Message):
    assert Message.from_dict(foreign) == ours


@pytest.mark.parametrize(
    ("foreign", "said"),
    [
        ({"content": "hi"}, "needs a role"),
        ({"role": "robot", "content": "hi"}, "'robot'"),
        ({"role": "user", "content": [{"type": "smell"}]}, "'smell' is not known"),
        ({"role": "assistant", "content": [{"type": "tool_call", "id": "1"}]}, "incomplete"),
        ({"role": "user", "content": [{"type": "image"}]}, "exactly one of data, url and file_id"),
        ({"role": "user", "content": [{"type": "image", "url": "https://a", "file_id": "b"}]}, "exactly one"),
    ],
)
def test_what_is_no_message_is_told(foreign: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        Message.from_dict(foreign)


@given(st.binary(max_size=20))
def test_a_data_url_becomes_bytes_and_back(data: bytes):
    url = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    image = Image(url=url)
    assert (image.data, image.media_type, image.url) == (data, "image/webp", None)
    assert image.data_url() == url


@pytest.mark.parametrize(
    ("text", "arguments"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("null", {}), (" null ", {}), ("{bad", "{bad"), ("[1]", "[1]"), ("3", "3")],
)
def test_arguments_are_the_object_or_the_text_as_it_came(text: str, arguments: object):
    assert parse_arguments(text) == arguments


def test_a_history_may_be_text_a_dict_a_message_or_several():
    assert read_messages(None) == ()
    assert read_messages("a") == read_messages({"role": "user", "content": "a"}) == read_messages(Message.user("a")) == (Message.user("a"),)
    assert [message.role for message in read_messages(["a", {"role": "assistant", "content": "b"}])] == ["user", "assistant"]


def test_the_parts_of_an_answer_are_told_apart():
    message = Message.assistant([Reasoning("hm"), Text("a"), Refusal("no"), ToolCall("1", "f", {})])
    assert (message.text, message.reasoning, [call.name for call in message.tool_calls]) == ("ano", "hm", ["f"])
