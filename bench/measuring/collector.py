"""A stand-in for a collector of spans: it takes everything, and looks at nothing."""

import functools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Take(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


@functools.cache
def address():
    """Where it listens, from the first time this is asked until the benchmark ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1/traces"
