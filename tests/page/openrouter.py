"""A server that speaks the two steps of OpenRouter's login."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

LENT = "sk-or-lent-41c7"


class OpenRouter(BaseHTTPRequestHandler):
    """The two steps of the login, as OpenRouter speaks them: a code for a challenge, then a key for both the code and the verifier."""

    challenges: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if asked.get("code_challenge_method") != "S256":
            return self.answer(400, {"error": {"message": "only S256 here"}})
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        self.send_response(302)
        self.send_header("location", f"{asked['callback_url']}&code={code}")
        self.end_headers()
        return None

    def do_OPTIONS(self) -> None:
        self.answer(204, {})

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        digest = base64.urlsafe_b64encode(hashlib.sha256(told["code_verifier"].encode()).digest()).decode().rstrip("=")
        if told["code_challenge_method"] == "S256" and self.challenges.pop(told["code"], None) == digest:
            self.answer(200, {"key": LENT, "user_id": "u"})
        else:
            self.answer(403, {"error": {"message": "Invalid code or code_verifier"}})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("origin", "*"), ("headers", "content-type"), ("methods", "POST")):
            self.send_header(f"access-control-allow-{name}", value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_openrouter() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), OpenRouter) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
