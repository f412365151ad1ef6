#!/usr/bin/env python3
"""The laptop's side of the end-to-end tests: each command does one thing with plain sockets and prints one JSON object."""
import asyncio, errno, hashlib, json, os, random, resource, socket, struct, sys, time
from urllib.request import urlopen

BLOCK = 64 * 1024
BODY = random.Random(7).randbytes(BLOCK - 8)


def pattern(size):
    """The same bytes as the server's."""
    for number in range((size + BLOCK - 1) // BLOCK):
        yield (struct.pack("!Q", number) + BODY)[: size - number * BLOCK]


def digest_of(size):
    digest = hashlib.sha256()
    for block in pattern(size):
        digest.update(block)
    return digest.hexdigest()


def outcome_of(error):
    return "timeout" if isinstance(error, TimeoutError) else errno.errorcode.get(error.errno, str(error))


def connect(host, port, timeout="10"):
    """How a connection attempt ends, and after how long."""
    started = time.monotonic()
    family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as s:
        # The kernel waits: Python's own timeout can take an ICMP error for a success (docs/testing.md, "Traps").
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(timeout), 0))
        try:
            s.connect(address)
            outcome = "connected"
        except BlockingIOError:
            outcome = "timeout"
        except OSError as error:
            outcome = outcome_of(error)
    return {"outcome": outcome, "milliseconds": (time.monotonic() - started) * 1000}


def pattern_digest(size):
    return {"length": int(size), "sha256": digest_of(int(size))}


def download(url):
    digest, length, started = hashlib.sha256(), 0, time.monotonic()
    with urlopen(url, timeout=300) as response:
        while data := response.read(1 << 20):
            digest.update(data)
            length += len(data)
    return {"length": length, "sha256": digest.hexdigest(), "seconds": time.monotonic() - started}


def upload(host, port, size):
    with socket.create_connection((host, int(port)), 60) as s:
        s.sendall(f"PUT /digest HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode())
        for block in pattern(int(size)):
            s.sendall(block)
        return json.loads(s.makefile("rb").read().split(b"\r\n\r\n", 1)[1])


def half_close(host, port, size):
    """Sends, ends its direction, and only then gets the answer."""
    with socket.create_connection((host, int(port)), 60) as s:
        for block in pattern(int(size)):
            s.sendall(block)
        s.shutdown(socket.SHUT_WR)
        return json.loads(s.makefile("rb").read())


def send_after_end(host, port, size, token):
    """Reads the server's end first, then sends; the server keeps what arrives under the token."""
    with socket.create_connection((host, int(port)), 60) as s:
        greeting = s.makefile("rb").read().decode()
        s.sendall(token.encode() + b"\n")
        for block in pattern(int(size)):
            s.sendall(block)
        s.shutdown(socket.SHUT_WR)
    return {"greeting": greeting}


def provoke_reset(host, port):
    with socket.create_connection((host, int(port)), 10) as s:
        s.sendall(b"x")
        try:
            return {"outcome": "data" if s.recv(1) else "end"}
        except OSError as error:
            return {"outcome": outcome_of(error)}


def parallel(host, port, count):
    """So many connections at the same time, each with an echo of its own."""
    failures = {}

    async def one(number, all_open):
        message = f"connection {number} ".encode() * 10
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            await all_open.wait()
            writer.write(message)
            if await reader.readexactly(len(message)) != message:
                raise OSError(0, "wrong bytes")
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError) as error:
            kind = type(error).__name__ + " " + str(error)
            failures[kind] = failures.get(kind, 0) + 1
            all_open.arrive()

    class Meeting:
        """Opens when everybody has come: so they are all open at once."""

        def __init__(self, size):
            self.missing, self.open = size, asyncio.Event()

        def arrive(self):
            self.missing -= 1
            if self.missing <= 0:
                self.open.set()

        async def wait(self):
            self.arrive()
            await asyncio.wait_for(self.open.wait(), 60)

    async def everything():
        meeting = Meeting(int(count))
        await asyncio.gather(*(one(n, meeting) for n in range(int(count))))

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    started = time.monotonic()
    asyncio.run(everything())
    return {"failures": failures, "seconds": time.monotonic() - started}


def beside_stalled_readers(url, count):
    """A download alone, and the same one while others of the same host are opened and never read."""
    alone = download(url)
    host, port = url.split("/")[2].split(":")
    stalled = []
    for _ in range(int(count)):
        s = socket.create_connection((host, int(port)), 10)
        s.sendall(f"GET /bytes?size={1 << 30} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        stalled.append(s)
    time.sleep(2)       # until their windows are full
    beside = download(url)
    return {"alone": alone["seconds"], "beside": beside["seconds"], "same": alone["sha256"] == beside["sha256"]}


def udp(host, port, count, size):
    """Each socket asks its own question; an answer must be its own and come from where it asked. Ten at a time, which any buffer holds."""
    asked, good, at_once = [], 0, 10
    for number in range(int(count)):
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
        s = socket.socket(family, kind)
        s.settimeout(10)
        question = struct.pack("!I", number) + os.urandom(int(size) - 4)
        s.connect(address)
        s.send(question)
        asked.append((s, question))
        if len(asked) % at_once and number + 1 < int(count):
            continue
        for s, question in asked[number - number % at_once:]:
            try:
                good += s.recv(65535) == question
            except OSError:
                pass
    return {"good": good}


def ticks(host, port, path):
    """Writes every line that arrives to a file, and at the end how the connection ended."""
    with open(path, "w", buffering=1) as out, socket.create_connection((host, int(port)), 10) as s:
        s.settimeout(None)
        try:
            while data := s.recv(4096):
                out.write(data.decode())
            out.write("end\n")
        except OSError as error:
            out.write(outcome_of(error) + "\n")
    return {}


COMMANDS = {f.__name__.replace("_", "-"): f for f in (
    connect, pattern_digest, download, upload, half_close, send_after_end, provoke_reset, parallel, beside_stalled_readers, udp, ticks)}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
