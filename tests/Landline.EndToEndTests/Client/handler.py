#!/usr/bin/env python3
"""A handler on the workstation: answers every request with its own name, or with one variable of its environment, and prints each.

handler.py PORT NAME
GET /env?name=X   one environment variable
"""
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    name = sys.argv[2].encode() + b"\n"

    def handle_one_request(self):
        """GET / without http.server, which takes most of a millisecond for it: a test's caller asks 200 times a second."""
        if self.rfile.peek(6)[:6] != b"GET / ":
            return super().handle_one_request()
        self.close_connection = True
        head = [self.rfile.readline(65537)]
        while (line := self.rfile.readline(65537)) not in (b"\r\n", b"\n", b""):
            head.append(line.strip().lower())
        if line:
            self.close_connection = b"connection: close" in head or b"HTTP/1.0" in head[0]
            print("GET /", flush=True)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(self.name), self.name))

    def do_GET(self):
        print(self.command, self.path, flush=True)
        url = urlparse(self.path)
        body = sys.argv[2] + "\n"
        if url.path == "/env":
            body = os.environ.get(parse_qs(url.query)["name"][0], "") + "\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    allow_reuse_address = True
    request_queue_size = 256


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
