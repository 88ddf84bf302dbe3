"""A mirror on this machine that can be told to behave as badly as real ones do."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Mirror:
    """Files by path, and how they are served.

    Attributes:
        url: of the server.
        files: what is served, by path.
        ranges: whether a part of a file can be asked for.
        cut_after: bytes after which each of the next answers is cut; the last one counts for ever after.
        statuses: of the next answers, in place of files.
        asked: path and Range header of every request.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def times(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(path for path, _ in self.asked)


@contextlib.contextmanager
def serving() -> Iterator[Mirror]:
    """A mirror that serves while the block runs."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            mirror.asked.append((self.path, wanted))
            if mirror.statuses:
                self.send_error(mirror.statuses.pop(0))
                return
            if self.path not in mirror.files:
                self.send_error(404)
                return
            body, status = mirror.files[self.path], 200
            if wanted is not None and mirror.ranges:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
                body, status = body[start:], 206
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = mirror.cut_after.pop(0) if len(mirror.cut_after) > 1 else [*mirror.cut_after, len(body)][0]
            self.wfile.write(body[:cut])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that goes away is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    mirror.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
