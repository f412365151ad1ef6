#!/usr/bin/env python3
"""Calls a service over and over and says afterwards who answered when. Runs in a pod.

caller.py HOST PORT CALLS_PER_SECOND STOP_FILE                each call on a connection of its own
caller.py HOST PORT CALLS_PER_SECOND STOP_FILE HEADER VALUE   on connections that are kept, every second call with the header, which
                                                              alone may be answered by the workstation and is told of. As every
                                                              HTTP client does, it repeats a call once whose kept connection ends
                                                              before the answer's first byte
prints "started" after a quarter of a second of calls, and, a quarter of a second after STOP_FILE has been made, one line of JSON:
  {"answers": [[who, first, last, count], …], "errors": [[when, what, seconds], …]}   times in seconds since the epoch, and how long it took
"""
import json, os, re, socket, sys, threading, time

host, port, rate, stop = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
keeps = len(sys.argv) > 6
end = "" if keeps else "Connection: close\r\n"
plain = f"GET / HTTP/1.1\r\nHost: {host}\r\n{end}".encode()
marked = plain + f"{sys.argv[5]}: {sys.argv[6]}\r\n".encode() if keeps else plain
address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
lock, answers, errors = threading.Lock(), [], []
margin = 0.25    # seconds: what a test does in between happens among calls, however quick it is


class Ended(OSError):
    """Before the first byte of an answer."""


def ask(connection, request):
    """Returns the answer's body."""
    try:
        connection.sendall(request + b"\r\n")
        data = connection.recv(4096)
    except ConnectionError as e:
        raise Ended(str(e))
    if not data:
        raise Ended("no answer")
    while b"\r\n\r\n" not in data or len(data) < data.index(b"\r\n\r\n") + 4 + int(re.search(rb"(?i)\ncontent-length: *(\d+)", data)[1]):
        if not (chunk := connection.recv(4096)):
            raise OSError(f"answer of {len(data)} bytes")
        data += chunk
    if not data.startswith(b"HTTP/1.1 200"):
        raise OSError(data[:40].decode(errors="replace"))
    return data.partition(b"\r\n\r\n")[2]


def call(connection, request):
    """Returns the connection if it is kept."""
    began = time.time()
    try:
        try:
            kept, connection = connection, connection or socket.create_connection(address, timeout=3)
            body = ask(connection, request)
        except Ended:
            if not kept:
                raise
            kept.close()
            connection = socket.create_connection(address, timeout=3)
            body = ask(connection, request)
        who = "workstation" if body.startswith(b"workstation") else "original"
        if not keeps and connection.recv(1):
            raise OSError("more than one answer")
        if request is marked:
            note(who)
        elif who == "workstation":
            raise OSError("a call that does not match was answered by the workstation")
        if keeps:
            return connection
    except OSError as e:
        with lock:
            errors.append([began, f"{type(e).__name__} {e}", time.time() - began])
    if connection:
        connection.close()
    return None


def note(who):
    with lock:
        if answers and answers[-1][0] == who:
            answers[-1][2] = time.time()
            answers[-1][3] += 1
        else:
            answers.append([who, time.time(), time.time(), 1])


def stopped():
    try:
        return time.time() > os.path.getmtime(stop) + margin
    except FileNotFoundError:
        return False


def caller(first, step):
    due, connection, request = first, None, marked
    while True:
        over = stopped() or time.time() > start + longest
        connection = call(connection, request)    # once more at the end: those of before may all have hung since something broke
        if over:
            return
        request = plain if keeps and request is marked else marked
        due += step
        time.sleep(max(0, due - time.time()))


threads, longest = 24, 600    # seconds: it ends although nobody is left to stop it
start = time.time()
workers = [threading.Thread(target=caller, args=(start + i / rate, threads / rate)) for i in range(threads)]
for worker in workers:
    worker.start()
time.sleep(margin)
print("started", flush=True)
for worker in workers:
    worker.join()
print(json.dumps({"answers": answers, "errors": errors}), flush=True)
