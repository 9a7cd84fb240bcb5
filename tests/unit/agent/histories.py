"""Conversations of any length, with tools, as runs leave them."""

from __future__ import annotations

from hypothesis import strategies as st

from staysail import Message, Text, ToolCall, ToolOutput

WORDS = ["haul", "reef", "Liegeplatz", "風向き", "バラスト", "курс", "שרוול", "`x = 1`", "🙂", "{}", ""]


def round_of_tools(number: int, calls: int, size: int, *, same_ids: bool = False) -> list[Message]:
    ids = [f"call_{0 if same_ids else number}_{n}" for n in range(calls)]
    results = Message.tool(ToolOutput(id, "look", (Text(f"result {number} " + "of a look " * size),)) for id in ids)
    return [Message.assistant([Text(f"Looking ({number})."), *(ToolCall(id, "look", {"at": number}) for id in ids)]), results]


def exchange(number: int, rounds: int = 0, calls: int = 1, size: int = 3, *, same_ids: bool = False) -> list[Message]:
    tools = [message for n in range(rounds) for message in round_of_tools(100 * number + n, calls, size, same_ids=same_ids)]
    return [
        Message.user(f"Question {number}. " + "Please look. " * size),
        *tools,
        Message.assistant(f"Answer {number}. " + "So it is. " * size),
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """System messages at the front and between exchanges, a greeting that nobody asked for, several user messages in a row, calls with the
    same ids in every turn, a run that is under way."""
    messages = [Message.system("Be brief.")] if draw(st.booleans()) else []
    if draw(st.booleans()):
        messages.append(Message.assistant("Ahoy!"))
    for number in range(draw(st.integers(0, 12))):
        if draw(st.integers(0, 5)) == 0:
            messages.append(Message.system(f"Rule {number}."))
        if draw(st.integers(0, 5)) == 0:
            messages.append(Message.user(draw(st.sampled_from(WORDS)) or "Hm."))
        rounds, calls, size = draw(st.integers(0, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 30))
        messages += exchange(number, rounds, calls, size, same_ids=draw(st.booleans()))
    messages.append(Message.user("And now? " + draw(st.sampled_from(WORDS))))
    for number in range(draw(st.integers(0, 6))):
        messages += round_of_tools(10_000 + number, draw(st.integers(1, 3)), draw(st.integers(0, 30)))
    return messages


def prompt_of(messages: list[Message]) -> int:
    return max(at for at, message in enumerate(messages) if message.role == "user")
