"""One question to central's enrolment address and its answer: HTTP/1.1 over TLS, in the few lines that this takes.

The standard library's client would load half a megabyte for it into a station that asks once in nine months.
"""

import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from edge.errors import EdgeError

SECONDS = 10.0
MOST_BYTES = 6 * 1024 * 1024
"""An answer may hold a configuration."""


class AnswerError(EdgeError, OSError):
    """No answer came, or none that can be read; the message says from whom."""


@dataclass(frozen=True, slots=True)
class Answer:
    """status: of HTTP. fields: the answer's JSON object, empty where it holds none. body: its bytes."""

    status: int
    fields: dict[str, Any]
    body: bytes


def ask(host: str, port: int, context: ssl.SSLContext, path: str, said: dict[str, Any] | None = None) -> Answer:
    """GET `path`, or POST `said` to it. Raises AnswerError; OSError of the connection and of TLS as they are."""
    body = b"" if said is None else json.dumps(said).encode()
    method = "GET" if said is None else "POST"
    name = f"[{host}]" if ":" in host else host
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {name}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with (
        socket.create_connection((host, port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as line,
    ):
        line.sendall(head.encode("ascii") + body)
        return read_answer(_all(line), f"{host}:{port}")


def _all(line: ssl.SSLSocket) -> bytes:
    parts = bytearray()
    while part := line.recv(65536):
        parts += part
        if len(parts) > MOST_BYTES:
            break
    return bytes(parts)


def read_answer(content: bytes, place: str) -> Answer:
    """The answer in `content`. Raises AnswerError that names `place`."""
    head, _, body = content.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise AnswerError(f"{place} does not answer as central does; is the address right?")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return Answer(int(words[1]), found if isinstance(found, dict) else {}, body)
