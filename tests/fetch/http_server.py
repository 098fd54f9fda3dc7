"""An HTTP server on a loopback port that misbehaves as a request's path says; for the tests of src/fetch.

Usage: http_server.py LOG [PEM]

With a file of a private key and its certificate it speaks https. Prints its port, serves until stdin is closed, and writes one line per request to LOG: path, Range, If-Range ("-": none).
The content is byte i = (7 i + i // 256) mod 256 for i below SIZE. A path is /BEHAVIOUR/ANYTHING; requests are counted per path.
"""

import http.server
import os
import ssl
import sys
import threading
import time

SIZE = 300_000
CONTENT = bytes((7 * i + i // 256) % 256 for i in range(SIZE))
OTHER = CONTENT[::-1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    counts: dict[str, int] = {}
    log_path = ""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.close_connection = True
        self.wanted = self.headers.get("Range")
        condition = self.headers.get("If-Range")
        with open(self.log_path, "a", encoding="utf-8") as log:
            log.write(f"{self.path} {self.wanted or '-'} {condition or '-'}\n")
        self.count = self.counts[self.path] = self.counts.get(self.path, 0) + 1
        behaviour = self.path.split("/")[1].replace("-", "_")
        try:
            getattr(self, "serve_" + behaviour)()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def send_content(self, content=CONTENT, etag='"one"', ranges=True, most=None):
        """The content, or the rest of it that was asked for; at most `most` bytes of that before the connection is cut."""
        start = 0
        same = self.headers.get("If-Range", etag) == etag
        if self.wanted and ranges and same:
            start = int(self.wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(content) and start > 0:
            return self.answer(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": 0})
        headers = {"Content-Length": len(content) - start}
        if etag:
            headers["ETag"] = etag
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.answer(206 if start else 200, headers, content[start:][:most])

    def send_far_too_much(self):
        """64 MB: without end for the tests, yet no full disk where a limit is broken."""
        for _ in range(1000):
            self.wfile.write(b"x" * 65536)

    def serve_good(self):
        self.send_content()

    def serve_empty(self):
        self.answer(200, {"Content-Length": 0})

    def serve_cut(self):
        """Every answer brings 100,000 bytes."""
        self.send_content(most=100_000)

    def serve_cut_without_etag(self):
        self.send_content(etag=None, most=100_000)

    def serve_cut_with_weak_etag(self):
        self.send_content(etag='W/"one"', most=100_000)

    def serve_cut_always(self):
        self.send_content(most=10)

    def serve_cut_at_once(self):
        pass

    def serve_ignores_range(self):
        """Cut the first time, whole the second, and never a part."""
        self.send_content(ranges=False, most=100_000 if self.count == 1 else None)

    def serve_changes(self):
        """Other content by the second request."""
        if self.count == 1:
            self.send_content(OTHER, etag='"zero"', most=100_000)
        else:
            self.send_content()

    def serve_changes_silently(self):
        """Other content by the second request, which nothing tells."""
        if self.count == 1:
            self.send_content(OTHER, most=100_000)
        else:
            self.send_content()

    def serve_wrong_part(self):
        """A part that is not the one asked for."""
        if self.wanted:
            self.answer(206, {"Content-Length": 10, "Content-Range": f"bytes 5-14/{SIZE}"}, CONTENT[5:15])
        else:
            self.send_content(most=100_000)

    def serve_wrong(self):
        self.send_content(OTHER)

    def serve_missing(self):
        self.answer(404, {"Content-Length": 9}, b"not found")

    def serve_endless_missing(self):
        self.answer(404, {})
        self.send_far_too_much()

    def serve_busy_once(self):
        if self.count == 1:
            self.answer(503, {"Content-Length": 4}, b"busy")
        else:
            self.send_content()

    def serve_broken(self):
        self.answer(500, {"Content-Length": 6}, b"broken")

    def serve_redirect(self):
        self.answer(302, {"Location": "/good/" + self.path.split("/")[2], "ETag": '"redirect"', "Content-Length": 5}, b"moved")

    def serve_to_http(self):
        self.answer(302, {"Location": "http://127.0.0.1:1/good", "Content-Length": 0})

    def serve_loop(self):
        self.answer(302, {"Location": self.path, "Content-Length": 0})

    def serve_to_file(self):
        self.answer(302, {"Location": "file:///etc/passwd", "Content-Length": 0})

    def serve_promises_more(self):
        """Announces more than it sends."""
        if self.wanted:
            self.send_content()
        else:
            self.answer(200, {"Content-Length": SIZE + 1000}, CONTENT)

    def serve_promises_less(self):
        self.answer(200, {"Content-Length": SIZE // 2}, CONTENT)

    def serve_endless(self):
        self.answer(200, {})
        self.send_far_too_much()

    def serve_huge(self):
        self.answer(200, {"Content-Length": 10**13}, b"x" * 100)

    def serve_trickle(self):
        self.answer(200, {"Content-Length": SIZE})
        for byte in CONTENT:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def serve_silent(self):
        time.sleep(30)


def main():
    Handler.log_path = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
