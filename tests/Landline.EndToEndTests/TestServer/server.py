#!/usr/bin/env python3
"""What the end-to-end tests talk to in the cluster: one port for each behaviour of TCP and UDP.

8080 HTTP   GET /             hello from HOSTNAME
            GET /bytes?size=N[&rate=BYTES_PER_SECOND]   the pattern, slowly if asked
            PUT /digest       {"length", "sha256"} of the body
            GET /headers      the request as it arrived, and from where
            GET /env?name=X   one environment variable
            GET /received?token=T   what port 7002 received after it had ended its own direction
7000        echo, TCP and UDP
7001        reads to the end, then answers with length and SHA-256: the client's half-close
7002        ends its direction at once and goes on reading: the server's half-close. The first line is a token
7003        answers the first byte with a reset
7004        accepts and never reads
7005        sends one numbered line every 100 ms until the client goes
"""
import hashlib, json, os, random, socket, socketserver, struct, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

BLOCK = 64 * 1024
BODY = random.Random(7).randbytes(BLOCK - 8)
received = {}


def pattern(size):
    """Blocks of 64 KiB that each begin with their number, so that a lost, doubled or moved byte changes the digest."""
    for number in range((size + BLOCK - 1) // BLOCK):
        yield (struct.pack("!Q", number) + BODY)[: size - number * BLOCK]


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    greeting = f"hello from {socket.gethostname()}\n".encode()

    def handle_one_request(self):
        """What is asked 200 times a second, GET /, is answered without http.server, which takes most of a millisecond for it."""
        if self.rfile.peek(6)[:6] != b"GET / ":
            return super().handle_one_request()
        self.close_connection = True
        head = [self.rfile.readline(65537)]
        while (line := self.rfile.readline(65537)) not in (b"\r\n", b"\n", b""):
            head.append(line.strip().lower())
        if line:
            self.close_connection = b"connection: close" in head or b"HTTP/1.0" in head[0]
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(self.greeting), self.greeting))

    def do_GET(self):
        url = urlparse(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        if url.path == "/bytes":
            self.send_pattern(int(query["size"]), float(query.get("rate", 0)))
        elif url.path == "/headers":
            self.send_json({"path": self.path, "client": self.client_address[0].removeprefix("::ffff:"), "headers": self.headers.items(), "host": socket.gethostname()})
        elif url.path == "/env":
            self.send_text(os.environ.get(query["name"], ""))
        elif url.path == "/received":
            self.send_json(received.get(query["token"], {}))
        else:
            self.send_text(self.greeting.decode())

    def do_PUT(self):
        digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
        length = left
        while left > 0:
            chunk = self.rfile.read(min(left, 1 << 20))
            if not chunk:
                return
            digest.update(chunk)
            left -= len(chunk)
        self.send_json({"length": length, "sha256": digest.hexdigest()})

    do_POST = do_PUT

    def send_pattern(self, size, rate):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        started, sent = time.monotonic(), 0
        for block in pattern(size):
            self.wfile.write(block)
            sent += len(block)
            if rate:
                time.sleep(max(0, started + sent / rate - time.monotonic()))

    def send_json(self, value):
        self.send_text(json.dumps(value), "application/json")

    def send_text(self, text, kind="text/plain"):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def echo(connection):
    while data := connection.recv(1 << 16):
        connection.sendall(data)


def read_to_the_end(connection):
    digest, length = hashlib.sha256(), 0
    while data := connection.recv(1 << 16):
        digest.update(data)
        length += len(data)
    return {"length": length, "sha256": digest.hexdigest()}


def answer_after_the_end(connection):
    connection.sendall(json.dumps(read_to_the_end(connection)).encode() + b"\n")


def end_first(connection):
    connection.sendall(b"done\n")
    connection.shutdown(socket.SHUT_WR)
    token = b""
    while not token.endswith(b"\n"):
        token += connection.recv(1)
    received[token.decode().strip()] = read_to_the_end(connection)


def reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def never_read(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    time.sleep(3600)


def tick(connection):
    number = 0
    while True:
        number += 1
        connection.sendall(f"{number}\n".encode())
        time.sleep(0.1)


def serve_tcp(port, behaviour):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                behaviour(self.request)
            except OSError:
                pass

        def finish(self):
            self.request.close()

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6    # and IPv4, as its mapped addresses
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 4096

        def shutdown_request(self, request):    # the default would turn a reset into an orderly end
            request.close()

    threading.Thread(target=Server(("", port), Handler).serve_forever, daemon=True).start()


def serve_udp_echo(port):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind(("", port))
    while True:
        data, sender = sock.recvfrom(65535)
        try:
            sock.sendto(data, sender)
        except OSError:
            pass


def main():
    for port, behaviour in ((7000, echo), (7001, answer_after_the_end), (7002, end_first), (7003, reset), (7004, never_read), (7005, tick)):
        serve_tcp(port, behaviour)
    threading.Thread(target=serve_udp_echo, args=(7000,), daemon=True).start()
    ThreadingHTTPServer.request_queue_size = 4096
    ThreadingHTTPServer.address_family = socket.AF_INET6
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Http).serve_forever()


if __name__ == "__main__":
    main()
