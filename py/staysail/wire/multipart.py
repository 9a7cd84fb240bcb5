"""multipart/form-data, as in https://www.rfc-editor.org/rfc/rfc7578"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from ..core.whole_text import whole_text


def render_form(fields: Mapping[str, str], files: Mapping[str, tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """Returns (content type, body).

    Args:
        files: Name to (file name, content type, bytes).
    """
    boundary = secrets.token_hex(24)
    while any(boundary.encode() in data for _, _, data in files.values()):
        boundary = secrets.token_hex(24)
    out = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{whole_text(value)}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (file_name, content_type, data) in files.items():
        head = f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"\r\nContent-Type: {content_type}'
        out += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), data, b"\r\n"]
    out.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(out)


def _quoted(name: str) -> str:
    """Returns a name as browsers write it into a header: https://html.spec.whatwg.org/#multipart-form-data"""
    return whole_text(name).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
