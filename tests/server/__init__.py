"""A real HTTP server on 127.0.0.1 that plays a provider: well, badly, or as recorded. It writes down what it saw.

In Python (it runs in a thread of its own, so any kind of client may block on it):

    with TestServer() as server:
        box = server.box({"text": "Hello"}, {"status": 500, "body": {"error": {"message": "broken"}}})
        agent = Agent("openai:m", api_key="k", base_url=box.url)
        ...
        box.seen[0].json["input"]; box.seen[0].headers["authorization"]
        box.seen[0].wait_closed(1.0)          # "client": it left before the answer was whole; else "whole" or "server"

Elsewhere (Node, a page, a shell): `python -m tests.server --port 0`, from the project's folder, prints
`{"url": "http://127.0.0.1:PORT"}` as its first line and serves until its standard input ends or it is killed.
Control is JSON over the same port, and open to any page:

    POST /_control/boxes              {"answers": [...], "loop": false}
                                      or {"scenario": "openai/...", "chunk_bytes": 64}   -> {"id", "url"}
                                      or {"rules": "anthropic"}, which answers as tests/rules say
    POST /_control/boxes/ID/answers   [...]                                              adds answers
    GET  /_control/boxes/ID/seen?count=N&closed=N&timeout_s=5                            -> {"seen": [...], "preflights": [...]}
                                      waits until N requests came and N were over, or the time is up

A box is a base URL of its own (`http://127.0.0.1:PORT/box-1/v1`), so tests share a server without mixing;
`server.root` is the box of every other address. Answers are given in order; a request for which none is left
is answered 501. An answer is a dict (in Python also a function from the Seen request to one):

    what it says   text, reasoning, tool_calls [{name, arguments, id?}], usage {input_tokens, output_tokens,
                   cached_input_tokens, reasoning_tokens}, finish_reason: told in the format of the path that was
                   asked (.../responses, else Chat Completions), streamed where the request says `stream`
                   echo: true                 says back the last thing the user said
                   stream_error: {...}        ends the answer with this error event instead of its end
    or as it is    status, headers, body (text, or JSON), base64 (bytes): any answer at all
    how it comes   chunk_bytes: bytes a write (default: an event a write); delay_s: seconds between two writes;
                   before_s: seconds before the headers
                   cut: N                     only the first N bytes, then a proper end
                   drop: N                    N bytes, then the connection closes in the middle
                   reset: N                   N bytes, then RST; "headers": before any header
                   stall: N                   N bytes, then silence until the client leaves; "headers": from the start
                                              (negative N counts from the end)
                   cors: false                without CORS headers, as OpenAI's 401; preflights still pass
    when           if: "text"                 only for a request whose body holds it; looked for before the others
                   times: 3                   serves three requests before the next one's turn

Every answer lets any page read all of it (CORS, Cross-Origin-Resource-Policy). Preflights and HEAD are granted,
and kept apart in `box.preflights`.
"""

from .answers import said
from .box import Box, Seen
from .recordings import find_scenario, load_scenarios, traffic_folder
from .server import TestServer

__all__ = ["Box", "Seen", "TestServer", "find_scenario", "load_scenarios", "said", "traffic_folder"]
