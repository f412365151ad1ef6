#!/usr/bin/env python3
"""A cluster's policy engine: a validating admission webhook that refuses privileged pods, in several lines, and prints the name of each.

policy.py ADDRESS PORT CERTIFICATE.pem KEY.pem
"""
import json, ssl, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def privileged(pod):
    return any(container.get("securityContext", {}).get("privileged") for container in pod["spec"]["containers"])


class Webhook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        answer = {"uid": request["uid"], "allowed": not privileged(request["object"])}
        if not answer["allowed"]:
            print("refused", request["object"]["metadata"]["name"], flush=True)
            answer["status"] = {"message": "blocked by policy:\n\nno-privileged-pods:\n  privileged pods are not allowed"}
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Webhook)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[3], sys.argv[4])
server.socket = tls.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
