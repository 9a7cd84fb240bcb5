"""What a provider keeps for a key: files, and batches, whose requests are held to the same rules as single ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs

from tests.server.box import Seen

type Judge = Callable[[Seen], Mapping[str, Any]]
NOT_FOUND = {"status": 404, "body": {"error": {"message": "No such file or batch.", "type": "not_found_error"}}}


class Account:
    """batches end when they are asked about for the second time."""

    def __init__(self, provider: str, judge: Judge) -> None:
        self.provider, self._judge = provider, judge
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}

    def take(self, seen: Seen) -> Mapping[str, Any] | None:
        """The answer to a request about a file or a batch; None for any other."""
        path = seen.path.rstrip("/")
        if re.search(r"/(files(/[^/]+(/content)?)?|files/[^/]+:download)$", path):
            return self._take_file(seen, path)
        if found := re.search(r"/(messages/batches|batch/jobs|batches|models/[^/]+:batchGenerateContent)(/.+|:cancel)?$", path):
            return self._take_batch(seen, found[2] or "")
        return None

    def _take_file(self, seen: Seen, path: str) -> Mapping[str, Any]:
        if self.provider == "anthropic" and "files-api" not in seen.headers.get("anthropic-beta", ""):
            return {"status": 400, "body": {"type": "error", "error": {"type": "invalid_request_error", "message": "beta header required"}}}
        if seen.method == "POST":
            return self._upload(seen)
        id = path.partition("/files/")[2].removesuffix("/content").removesuffix(":download")
        if not id:
            rows = list(self.files.values())
            after = parse_qs(seen.query).get("after", parse_qs(seen.query).get("after_id", [""]))[0]
            at = next((n + 1 for n, row in enumerate(rows) if row.get("id") == after), 0)
            page, more = rows[at : at + 2], len(rows) > at + 2
            if self.provider.startswith("gemini"):
                return {"body": {"files": rows}}
            return {"body": {"data": page, "has_more": more, "last_id": page[-1]["id"] if page else None}}
        if id not in self.files:
            return NOT_FOUND
        if path.endswith(("/content", ":download")):
            return {"body": self.contents[id], "headers": {"content-type": "application/octet-stream"}}
        if seen.method == "DELETE":
            del self.files[id], self.contents[id]
            return {"body": {"id": id, "deleted": True}}
        if self.files[id].get("state") == "PROCESSING":
            self.files[id]["state"] = "ACTIVE"
        return {"body": self.files[id]}

    def _upload(self, seen: Seen) -> Mapping[str, Any]:
        parts = form_of(seen)
        number = len(self.files) + 1
        if self.provider.startswith("gemini"):
            about, kind, data = json.loads(parts[0][2])["file"], parts[1][1], parts[1][2]
            row = {"name": f"files/f{number}", "displayName": about["displayName"], "mimeType": kind, "sizeBytes": str(len(data))}
            uri = f"https://generativelanguage.googleapis.com/v1beta/files/f{number}"
            row |= {"uri": uri, "createTime": time_after(0), "expirationTime": time_after(48)}
            row["state"] = "PROCESSING" if kind.startswith("video/") else "ACTIVE"
            self.files[f"f{number}"], self.contents[f"f{number}"] = row, data
            return {"body": {"file": row}}
        fields = {name: data.decode() for name, _, data in parts if name != "file"}
        _, kind, data = next(((named, kind, data) for named, kind, data in parts if named == "file"), ("", "", b""))
        if self.provider in ("openai", "openai-chat", "mistral", "groq") and "purpose" not in fields:
            return {"status": 400, "body": {"error": {"message": "'purpose' is a required property", "type": "invalid_request_error"}}}
        row = {"id": f"file_{number}", "bytes": len(data), "filename": file_name(seen), "created_at": 1_790_000_000, **fields}
        if self.provider == "anthropic":
            row = {"id": f"file_{number}", "type": "file", "size_bytes": len(data), "filename": file_name(seen), "mime_type": kind}
        self.files[f"file_{number}"], self.contents[f"file_{number}"] = row, data
        return {"body": row}

    def _take_batch(self, seen: Seen, rest: str) -> Mapping[str, Any]:
        if seen.method == "POST" and not rest:
            return self._submit(seen)
        id = rest.strip("/").removesuffix("/cancel").removesuffix(":cancel").removesuffix("/results")
        batch = self.batches.get(id)
        if batch is None:
            return NOT_FOUND
        if rest.endswith("cancel"):
            batch["cancelled"] = True
            return {"body": {}}
        if rest.endswith("/results"):
            lines = [{"custom_id": key, "result": claude_result(answer)} for key, answer in batch["answers"]]
            return {"body": "".join(json.dumps(line) + "\n" for line in lines).encode()}
        batch["asked"] += 1
        return {"body": self._told(id, batch)}

    def _submit(self, seen: Seen) -> Mapping[str, Any]:
        body = seen.json
        id = f"batch_{len(self.batches) + 1}"
        if self.provider == "anthropic":
            asked = [(one["custom_id"], "/v1/messages", one["params"]) for one in body["requests"]]
        elif self.provider == "gemini":
            path = seen.path.replace(":batchGenerateContent", ":generateContent")
            asked = [(one["metadata"]["key"], path, one["request"]) for one in body["batch"]["input_config"]["requests"]["requests"]]
        else:
            file = body["input_file_id"] if "input_file_id" in body else body["input_files"][0]
            lines = [json.loads(line) for line in self.contents[file].splitlines()]
            asked = [(line["custom_id"], line.get("url", body["endpoint"]), {"model": body.get("model")} | line["body"]) for line in lines]
        answers = [(key, self._judge(Seen("POST", path, "", dict(seen.headers), json.dumps(one).encode()))) for key, path, one in asked]
        answers.reverse()  # they come in any order
        self.batches[id] = {"answers": answers, "asked": 0, "cancelled": False}
        return {"body": self._told(id, self.batches[id])}

    def _told(self, id: str, batch: dict[str, Any]) -> dict[str, Any]:
        ended = batch["asked"] > 1 or batch["cancelled"]
        total = len(batch["answers"])
        failed = sum(answer.get("status", 200) >= 400 for _, answer in batch["answers"])
        if self.provider == "anthropic":
            counts = {"processing": 0, "succeeded": total - failed, "errored": failed, "canceled": 0, "expired": 0}
            counts = counts if ended else {"processing": total, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
            return {"id": id, "type": "message_batch", "processing_status": "ended" if ended else "in_progress", "request_counts": counts}
        if self.provider == "gemini":
            state = "BATCH_STATE_CANCELLED" if batch["cancelled"] else "BATCH_STATE_SUCCEEDED" if ended else "BATCH_STATE_RUNNING"
            stats = {"requestCount": str(total), "successfulRequestCount": str(total - failed), "failedRequestCount": str(failed)}
            rows = [{"metadata": {"key": key}} | gemini_result(answer) for key, answer in batch["answers"]]
            told = {"name": f"batches/{id}", "metadata": {"state": state, "batchStats": stats}, "done": ended}
            return told | ({"response": {"inlinedResponses": {"inlinedResponses": rows}}} if ended else {})
        files = self._result_files(id, batch) if ended else {}
        if self.provider == "mistral":
            status = "CANCELLED" if batch["cancelled"] else "SUCCESS" if ended else "RUNNING"
            numbers = {"total_requests": total, "succeeded_requests": total - failed, "failed_requests": failed}
            return {"id": id, "object": "batch", "status": status, "errors": [], **numbers, **files}
        status = "cancelled" if batch["cancelled"] else "completed" if ended else "in_progress"
        counts = {"total": total, "completed": total - failed if ended else 0, "failed": failed if ended else 0}
        return {"id": id, "object": "batch", "status": status, "request_counts": counts, "errors": None, **files}

    def _result_files(self, id: str, batch: dict[str, Any]) -> dict[str, Any]:
        names = ("output_file", "error_file") if self.provider == "mistral" else ("output_file_id", "error_file_id")
        out: dict[str, Any] = {}
        for name, good in zip(names, (True, False), strict=True):
            lines = [
                {"custom_id": key, "response": {"status_code": answer.get("status", 200), "body": answer["body"]}, "error": None}
                for key, answer in batch["answers"]
                if (answer.get("status", 200) < 400) is good
            ]
            if lines:
                out[name] = f"{id}_{name}"
                self.files[out[name]] = {"id": out[name]}
                self.contents[out[name]] = "".join(json.dumps(line) + "\n" for line in lines).encode()
        return out


def claude_result(answer: Mapping[str, Any]) -> dict[str, Any]:
    if answer.get("status", 200) >= 400:
        return {"type": "errored", "error": answer["body"]}
    return {"type": "succeeded", "message": answer["body"]}


def gemini_result(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": answer["body"]["error"]} if answer.get("status", 200) >= 400 else {"response": answer["body"]}


def form_of(seen: Seen) -> list[tuple[str, str, bytes]]:
    """(name, content type, data) of each part."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + seen.body)
    parts: list[Any] = message.get_payload()  # type: ignore[assignment]
    named = [(str(part.get_param("name", header="content-disposition") or ""), part) for part in parts]
    return [(name, part.get_content_type(), bytes(part.get_payload(decode=True))) for name, part in named]


def file_name(seen: Seen) -> str:
    found = re.search(rb'filename="([^"]*)"', seen.body)
    return found[1].decode() if found else ""


def time_after(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
