"""A small HTTP server in a thread, on which the simulators of Moodle and Canvas speak their own URLs."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Return the body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def argument(self, name: str, default: str = "") -> str:
        """One value of the query."""
        return dict(self.query).get(name, default)


@dataclass(frozen=True)
class Reply:
    """One answer. ``delay`` are seconds before it; ``drop`` closes the connection instead."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False

    def encoded(self) -> bytes:
        """Return the bytes to send."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent where a client hung up, which clients with timeouts do; raise anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Simulator:
    """Base of the simulators: serves on an ephemeral port, remembers what was asked, replays planned faults.

    Use as a context manager. ``plan(match, *replies)`` answers the next requests for which ``match`` is true with
    these replies instead of the real ones.
    """

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self._planned: list[tuple[Callable[[Asked], bool], list[Reply]]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_until_interrupted(self) -> None:
        """Say where, and serve."""
        with self:
            print(f"serving at {self.url}", flush=True)
            self._thread.join()

    def plan(self, match: Callable[[Asked], bool], *replies: Reply) -> None:
        """Answer the next requests that match with these replies."""
        self._planned.append((match, list(replies)))

    def answer(self, asked: Asked) -> Reply:
        """Answer as the real platform would."""
        raise NotImplementedError

    def reply(self, asked: Asked) -> Reply:
        """Remember the request; answer as planned, else as the platform would."""
        with self._lock:
            self.asked.append(asked)
            for match, replies in self._planned:
                if replies and match(asked):
                    return replies.pop(0)
        return self.answer(asked)


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = tuple(parse_qsl(parts.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._write(simulator.reply(Asked(self.command, parts.path, query, headers, body)))

        def _write(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            if reply.drop:
                self.close_connection = True
                return
            content = reply.encoded()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server calls

        def log_message(self, *_: object) -> None:
            """Stay silent: requests carry tokens."""

    return Handler
