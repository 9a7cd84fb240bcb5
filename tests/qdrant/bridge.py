import json
import threading
import warnings
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import QdrantClient, models
from qdrant_client.http.models import models as rest

# As a server does whose service.enable_cors is true.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "*",
    "access-control-allow-methods": "*",
    "cross-origin-resource-policy": "cross-origin",
}


class Refusal(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class QdrantBridge:
    def __init__(self, api_key: str | None = None):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # local mode warns of what it cannot do
            self.client = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.api_key = api_key
        self.seen: list[tuple[str, str, Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self._lock = threading.Lock()
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece, or each costs 40 ms

            def answer(self):
                data = self.rfile.read(int(self.headers.get("content-length") or 0))
                granted: tuple[int, dict[str, str], Any] = (200, {}, b"")
                asked = self.command != "OPTIONS"
                status, headers, body = bridge.serve(self.command, self.path, data, self.headers) if asked else granted
                written = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", "content-length": str(len(written)), **CORS, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(written)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815  http.server looks for them

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object):
        self._server.shutdown()
        self._server.server_close()

    def serve(self, method: str, path: str, data: bytes, headers: Any) -> tuple[int, dict[str, str], Any]:
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = json.loads(data) if data else None
            self.seen.append((method, path, body))
            if self.answers:
                status, more = self.answers.pop(0)
                return status, more, {"status": {"error": f"told to answer {status}"}, "time": 0}
            if self.api_key and headers.get("api-key") != self.api_key:
                return 401, {}, f"Invalid API key: {headers.get('api-key')}".encode()
            try:
                result = self._result(method, urlsplit(path).path, body)
            except Refusal as error:
                return error.status, {}, {"status": {"error": str(error)}, "time": 0}
            except (ValidationError, ValueError, NotImplementedError) as error:
                return 400, {}, {"status": {"error": f"Wrong input: {error}"}, "time": 0}
            return 200, {}, {"result": plain(result), "status": "ok", "time": 0.001}

    def _result(self, method: str, path: str, body: Any) -> Any:
        _, collections, name, *rest_of_path = path.split("/")
        if collections != "collections":
            raise Refusal(404, "")
        name, client = unquote(name), self.client
        action = f"{method} {'/'.join(rest_of_path)}".strip()
        if action == "GET exists":
            return {"exists": client.collection_exists(name)}
        if action == "DELETE":
            return client.delete_collection(name)
        if action == "PUT":
            if client.collection_exists(name):
                raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
            return client.create_collection(name, read(rest.CreateCollection, body).vectors)
        if not client.collection_exists(name):
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        match action:
            case "GET":
                return client.get_collection(name)
            case "PATCH":
                return client.update_collection(name, metadata=read(rest.UpdateCollection, body).metadata)
            case "PUT points":
                return client.upsert(name, read(rest.PointInsertOperations, body).points)
            case "PUT index":
                asked = read(rest.CreateFieldIndex, body)
                return client.create_payload_index(name, asked.field_name, asked.field_schema)
            case "POST points":
                asked = read(rest.PointRequest, body)
                return client.retrieve(name, asked.ids, with_payload=asked.with_payload, with_vectors=asked.with_vector)
            case "POST points/delete":
                return client.delete(name, read(rest.PointsSelector, body))
            case "POST points/count":
                return client.count(name, read(rest.CountRequest, body).filter)
            case "POST points/scroll":
                asked = read(rest.ScrollRequest, body)
                points, after = client.scroll(
                    name,
                    asked.filter,
                    limit=asked.limit or 10,
                    offset=asked.offset,
                    with_payload=asked.with_payload,
                    with_vectors=asked.with_vector,
                )
                return {"points": points, "next_page_offset": after}
            case "POST points/query":
                return self._query(name, read(rest.QueryRequest, body))
            case "POST points/query/batch":
                return [self._query(name, asked) for asked in read(rest.QueryRequestBatch, body).searches]
        raise Refusal(404, f"no such path: {action}")

    def _query(self, name: str, asked: rest.QueryRequest) -> models.QueryResponse:
        return self.client.query_points(
            name,
            asked.query,
            using=asked.using,
            prefetch=asked.prefetch,
            query_filter=asked.filter,
            search_params=asked.params,
            limit=asked.limit or 10,
            with_payload=bool(asked.with_payload),
            with_vectors=bool(asked.with_vector),
            score_threshold=asked.score_threshold,
        )


def read(kind: Any, body: Any) -> Any:
    return TypeAdapter(kind).validate_python(body)


def plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=False)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Serves until standard input ends; prints its address first."""
    with QdrantBridge() as bridge, suppress(EOFError):
        print(json.dumps({"url": bridge.url}), flush=True)
        while input():
            pass


if __name__ == "__main__":
    main()
