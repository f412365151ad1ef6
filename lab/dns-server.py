#!/usr/bin/python3
"""The lab's DNS server.

For the cluster it serves the Kubernetes DNS specification's records from the API server's objects, watched: A, AAAA, SRV, CNAME,
PTR and TXT of services, headless endpoints and pods under cluster.local. With or without a cluster it serves the names in a hosts
file (NAME TYPE DATA per line, re-read when it changes), which stand for private hosts. UDP answers are limited to what the
asker's EDNS size allows (512 bytes without) and come with TC set when they do not fit, so that askers repeat over TCP.
Everything else is NXDOMAIN with an SOA: the lab has no outside world.
"""
import argparse, http.client, ipaddress, json, os, socket, socketserver, ssl, struct, threading, time
from dnslib import A, AAAA, CNAME, PTR, QTYPE, RCODE, RR, SOA, SRV, TXT, DNSRecord

TTL = 5
DOMAIN = "cluster.local"


class HostsFile:
    """Records of a file that people append to; looked at again when its time stamp has changed."""

    def __init__(self, path):
        self.path, self.stamp, self.records = path, None, {}

    def table(self):
        try:
            status = os.stat(self.path)
        except OSError:
            return self.records
        if self.stamp != (status.st_mtime_ns, status.st_size):
            records = {}
            for line in open(self.path):
                name, kind, data = line.rstrip("\n").split(" ", 2)
                records.setdefault((name.lower(), kind), []).append(data)
            self.stamp, self.records = (status.st_mtime_ns, status.st_size), records
        return self.records


class Watched:
    """The objects of one kind, kept current by a list and a watch, repeated for ever."""

    def __init__(self, cluster, kind):
        self.cluster, self.path, self.objects = cluster, f"/api/v1/{kind}", {}

    def run(self):
        while True:
            try:
                self.follow()
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                pass
            time.sleep(0.2)

    def get(self, query=""):
        connection = self.cluster.connect()
        connection.request("GET", self.path + query)
        response = connection.getresponse()
        if response.status != 200:
            raise http.client.HTTPException(response.status)
        return response

    def follow(self):
        listed = json.loads(self.get().read())
        self.objects = {key(o): o for o in listed["items"]}
        self.cluster.rebuild()
        for line in self.get(f"?watch=1&resourceVersion={listed['metadata']['resourceVersion']}"):
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            if event["type"] == "DELETED":
                self.objects.pop(key(event["object"]), None)
            else:
                self.objects[key(event["object"])] = event["object"]
            self.cluster.rebuild()


class Cluster:
    """All records of the cluster by (name, type); rebuilt whole on every change and swapped in at once."""

    def __init__(self, server, pki):
        self.server, self.records, self.lock = server, {}, threading.Lock()
        self.tls = ssl.create_default_context(cafile=f"{pki}/ca.crt")
        self.tls.load_cert_chain(f"{pki}/operator.crt", f"{pki}/operator.key")
        self.services, self.endpoints = Watched(self, "services"), Watched(self, "endpoints")

    def connect(self):
        host, port = self.server.rsplit(":", 1)
        return http.client.HTTPSConnection(host, int(port), context=self.tls)

    def start(self):
        for watched in (self.services, self.endpoints):
            threading.Thread(target=watched.run, daemon=True).start()

    def table(self):
        return self.records

    def rebuild(self):
        with self.lock:
            records = {(f"dns-version.{DOMAIN}", "TXT"): ["1.1.0"]}

            def add(name, kind, data):
                records.setdefault((name.lower(), kind), []).append(data)

            for service in list(self.services.objects.values()):
                add_service(add, service, self.endpoints.objects.get(key(service), {}).get("subsets") or [])
            self.records = records


def key(o):
    return o["metadata"]["namespace"], o["metadata"]["name"]


def reverse(ip):
    return ipaddress.ip_address(ip).reverse_pointer


def kind_of(ip):
    return "AAAA" if ":" in ip else "A"


def add_service(add, service, subsets):
    ns, name = key(service)
    spec, fqdn = service["spec"], f"{name}.{ns}.svc.{DOMAIN}"
    ip = spec.get("clusterIP")
    if spec.get("type") == "ExternalName":
        add(fqdn, "CNAME", spec["externalName"])
    elif ip and ip != "None":
        for ip in spec.get("clusterIPs") or [ip]:
            add(fqdn, kind_of(ip), ip)
            add(reverse(ip), "PTR", fqdn)
        for port in spec.get("ports", []):
            if port.get("name"):
                add(f"_{port['name']}._{port['protocol'].lower()}.{fqdn}", "SRV", (port["port"], fqdn))
    else:
        for subset in subsets:
            ready = subset.get("addresses", []) + (subset.get("notReadyAddresses", []) if spec.get("publishNotReadyAddresses") else [])
            for address in ready:
                ip = address["ip"]
                host = f"{address.get('hostname') or ip.replace('.', '-').replace(':', '-')}.{fqdn}"
                add(fqdn, kind_of(ip), ip)
                add(host, kind_of(ip), ip)
                add(reverse(ip), "PTR", host)
                for port in subset.get("ports", []):
                    if port.get("name"):
                        add(f"_{port['name']}._{port['protocol'].lower()}.{fqdn}", "SRV", (port["port"], host))


DATA = {
    "A": A, "AAAA": AAAA, "CNAME": CNAME, "PTR": PTR,
    "SRV": lambda data: SRV(0, 100, *data),
    "TXT": lambda data: TXT([data[i:i + 255] for i in range(0, len(data), 255)]),
}


class Answers:
    def __init__(self, sources):
        self.sources = sources

    def find(self, name, kind):
        return [data for source in self.sources for data in source.table().get((name, kind), [])]

    def exists(self, name):     # an empty non-terminal answers NOERROR, as with a real server
        return any(n == name or n.endswith("." + name) for source in self.sources for n, _ in source.table())

    def pod(self, name):        # 10-244-1-5.NAMESPACE.pod.cluster.local, or fd00-10-244-1--5
        labels = name.split(".")
        if len(labels) != 5 or labels[2] != "pod" or not name.endswith("." + DOMAIN):
            return None
        try:
            return str(ipaddress.ip_address(labels[0].replace("-", "." if labels[0].count("-") == 3 and "--" not in labels[0] else ":")))
        except ValueError:
            return None

    def reply_to(self, request):
        reply, name, kind = request.reply(), str(request.q.qname).rstrip(".").lower(), QTYPE.get(request.q.qtype, "")
        pod = self.pod(name)
        if pod:
            if kind == kind_of(pod):
                reply.add_answer(RR(request.q.qname, getattr(QTYPE, kind), rdata=DATA[kind](pod), ttl=TTL))
            return reply
        owner, seen = str(request.q.qname), set()
        while kind != "CNAME" and name not in seen and (target := self.find(name, "CNAME")):
            reply.add_answer(RR(owner, QTYPE.CNAME, rdata=CNAME(target[0]), ttl=TTL))
            seen.add(name)
            owner, name = target[0], target[0].rstrip(".").lower()
        found = self.find(name, kind) if kind in DATA else []
        for data in found:
            reply.add_answer(RR(owner, getattr(QTYPE, kind), rdata=DATA[kind](data), ttl=TTL))
            if kind == "SRV":
                for family in ("A", "AAAA"):
                    for ip in self.find(data[1].lower(), family):
                        reply.add_ar(RR(data[1], getattr(QTYPE, family), rdata=DATA[family](ip), ttl=TTL))
        if not found:
            if not seen and not self.exists(name):
                reply.header.rcode = RCODE.NXDOMAIN
            zone = DOMAIN if name.endswith(DOMAIN) else "."
            reply.add_auth(RR(zone, QTYPE.SOA, rdata=SOA(f"ns.dns.{DOMAIN}", f"hostmaster.{DOMAIN}", (1, 7200, 1800, 86400, TTL)), ttl=TTL))
        return reply

    def answer(self, message, limit):
        try:
            request = DNSRecord.parse(message)
            if request.header.qr or not request.questions:
                return None
        except Exception:       # dnslib raises several kinds for malformed messages; a server says nothing to those
            return None
        reply = self.reply_to(request)
        packed = reply.pack()
        if limit:
            edns = next((r for r in request.ar if r.rtype == QTYPE.OPT), None)
            limit = max(512, edns.edns_len) if edns else 512
            if len(packed) > limit:
                packed = reply.truncate().pack()
        return packed


def serve(address, answers):
    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self):
            message, sock = self.request
            if packed := answers.answer(message, True):
                sock.sendto(packed, self.client_address)

    class Streams(socketserver.StreamRequestHandler):
        timeout = 30

        def handle(self):
            try:
                while len(head := self.rfile.read(2)) == 2:
                    if not (packed := answers.answer(self.rfile.read(*struct.unpack("!H", head)), False)):
                        return
                    self.wfile.write(struct.pack("!H", len(packed)) + packed)
            except (TimeoutError, ConnectionError):
                pass

    class UdpServer(socketserver.UDPServer):        # one thread: an answer takes microseconds, a thread takes longer
        allow_reuse_address, max_packet_size = True, 65535

    class TcpServer(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 256

    host, port = address.rsplit(":", 1)
    tcp = TcpServer((host, int(port)), Streams)
    udp = UdpServer((host, int(port)), Datagrams)
    udp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    udp.serve_forever()


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--listen", required=True, help="ADDRESS:PORT")
    args.add_argument("--hosts", required=True)
    args.add_argument("--server", help="the API server, HOST:PORT")
    args.add_argument("--pki", help="folder with ca.crt, operator.crt and operator.key")
    args = args.parse_args()
    sources = [HostsFile(args.hosts)]
    if args.server:
        sources.append(Cluster(args.server, args.pki))
        sources[-1].start()
    serve(args.listen, Answers(sources))


if __name__ == "__main__":
    main()
