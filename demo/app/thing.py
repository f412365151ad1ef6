"""A service that yourcode depends on: says its name and counts how often it was asked."""
import os, socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ["NAME"]
asked = 0


class Thing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global asked
        asked += 1
        body = f"{NAME} on {socket.gethostname()}, asked {asked} times\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8080), Thing).serve_forever()
