"""The program under development. It answers from its environment, from two services and from a database, by the names they have in
the cluster. Nothing in it knows where it runs."""
import os, socket, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import psycopg2


def ask(service):
    with urlopen(f"http://{service}/", timeout=5) as answer:
        return answer.read().decode().strip()


def books():
    database = psycopg2.connect(
        host=os.environ["DATABASE_HOST"], user=os.environ["DATABASE_USER"], password=os.environ["DATABASE_PASSWORD"],
        dbname="library", connect_timeout=5)
    try:
        cursor = database.cursor()
        cursor.execute("select count(*), min(title) from books")
        count, title = cursor.fetchone()
        return f"{count} books, the first is '{title}'"
    finally:
        database.close()


def attempt(what):
    try:
        return what()
    except Exception as error:      # a demo shows what is wrong instead of failing
        return f"{type(error).__name__}: {error}".splitlines()[0]


class YourCode(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        lines = {
            "answered by": f"{VERSION} on {socket.gethostname()}",
            "GREETING": os.environ.get("GREETING", "(not set)"),
            "thing1": attempt(lambda: ask("thing1")),
            "thing2": attempt(lambda: ask("thing2")),
            "database": attempt(books),
        }
        body = "".join(f"  {name:<12} {value}\n" for name, value in lines.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


VERSION = sys.argv[1] if len(sys.argv) > 1 else "the version in the cluster"
ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), YourCode).serve_forever()
