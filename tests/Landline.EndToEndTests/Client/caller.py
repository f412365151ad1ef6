#!/usr/bin/env python3
"""Calls a service over and over, each time on a connection of its own, and says afterwards who answered when. Runs in a pod.

caller.py HOST PORT CALLS_PER_SECOND STOP_FILE [HEADER VALUE]
prints "started" after a quarter of a second of calls, and, a quarter of a second after STOP_FILE has been made, one line of JSON:
  {"answers": [[who, first, last, count], …], "errors": [[when, what, seconds], …]}   times in seconds since the epoch, and how long it took
"""
import json, os, socket, sys, threading, time

host, port, rate, stop = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
header = f"{sys.argv[5]}: {sys.argv[6]}\r\n" if len(sys.argv) > 6 else ""
request = f"GET / HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n".encode()
address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
lock, answers, errors = threading.Lock(), [], []
margin = 0.25    # seconds: what a test does in between happens among calls, however quick it is


def call():
    began = time.time()
    try:
        with socket.create_connection(address, timeout=3) as connection:
            connection.sendall(request)
            data = b""
            while chunk := connection.recv(4096):
                data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200") and not head.startswith(b"HTTP/1.0 200"):
            raise OSError(f"answer of {len(data)} bytes")
        who = "workstation" if body.startswith(b"workstation") else "original"
        with lock:
            if answers and answers[-1][0] == who:
                answers[-1][2] = time.time()
                answers[-1][3] += 1
            else:
                answers.append([who, time.time(), time.time(), 1])
    except OSError as e:
        with lock:
            errors.append([began, f"{type(e).__name__} {e}", time.time() - began])


def stopped():
    try:
        return time.time() > os.path.getmtime(stop) + margin
    except FileNotFoundError:
        return False


def caller(first, step):
    due = first
    while not stopped() and time.time() < start + longest:
        call()
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
