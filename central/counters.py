"""The counts of one process on a loopback port of its own, where it serves no pages (`collect`, `evaluate-loop`).

`GET /metrics` in the text format of Prometheus (exposition format 0.0.4), `GET /healthz`: 503 while a loop is silent.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from central.health import Liveness

HOST = "127.0.0.1"
"""Never anything else: the counts are for this machine's own collector of metrics."""
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def exposition(health: Liveness) -> str:
    """All counts of the process, a line each."""
    lines: list[str] = []
    for part, counts in sorted(health.counts().items()):
        lines += [f"# HELP diemdanh_{part} Counts of {part} since its start", f"# TYPE diemdanh_{part} gauge"]
        lines += [f'diemdanh_{part}{{what="{what}"}} {count}' for what, count in counts.items()]
    lines += ["# HELP diemdanh_loop_failures Rounds of a loop that raised", "# TYPE diemdanh_loop_failures counter"]
    lines += [f'diemdanh_loop_failures_total{{loop="{loop}"}} {n}' for loop, n in sorted(health.failures().items())]
    lines += ["# HELP diemdanh_silent_loops Loops that do not tick", "# TYPE diemdanh_silent_loops gauge"]
    return "\n".join([*lines, f"diemdanh_silent_loops {len(health.silent())}", ""])


@contextmanager
def serving_counts(port: int, health: Liveness) -> Iterator[int]:
    """Serve until the block ends; gives the port (a free one for 0). Raises OSError where it is taken."""

    class Counts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, exposition(health))
            elif self.path == "/healthz":
                silent = health.silent()
                self._answer(503 if silent else 200, "silent: " + ", ".join(silent) if silent else "ok")
            else:
                self._answer(404, "there are /metrics and /healthz")

        def _answer(self, code: int, text: str) -> None:
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A line a scrape would fill the journal."""

    with ThreadingHTTPServer((HOST, port), Counts) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="counts", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(5)
