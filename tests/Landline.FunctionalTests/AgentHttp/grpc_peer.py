"""A gRPC server, or a client that checks what it gets. Messages are plain bytes, so that no generated code is needed.

grpc_peer.py server NAME                 prints its port, serves until its standard input ends
grpc_peer.py client PORT NAME KEY=VALUE  calls everything with that metadata and expects NAME to answer; prints "ok"
"""
import sys
from concurrent import futures

import grpc


def serve(name):
    class Calls(grpc.GenericRpcHandler):
        def service(self, details):
            def unary(request, context):
                context.set_trailing_metadata((("x-server", name),))
                return name.encode() + b":" + request

            def server_stream(request, context):
                for i in range(int(request)):
                    yield b"%d" % i * 1000

            def client_stream(requests, context):
                return name.encode() + b":%d" % sum(len(r) for r in requests)

            def both(requests, context):
                for r in requests:
                    yield name.encode() + b":" + r

            def fail(request, context):
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no, by " + name)

            def wait(request, context):
                context.add_callback(lambda: print("cancelled", flush=True))
                while context.is_active():
                    import time
                    time.sleep(0.01)

            return {
                "/t/unary": grpc.unary_unary_rpc_method_handler(unary),
                "/t/server": grpc.unary_stream_rpc_method_handler(server_stream),
                "/t/client": grpc.stream_unary_rpc_method_handler(client_stream),
                "/t/both": grpc.stream_stream_rpc_method_handler(both),
                "/t/fail": grpc.unary_unary_rpc_method_handler(fail),
                "/t/wait": grpc.unary_unary_rpc_method_handler(wait),
            }.get(details.method)

    server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((Calls(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None)


def call(port, name, metadata):
    channel = grpc.insecure_channel("127.0.0.1:" + port)
    key, value = metadata.split("=")
    options = {"metadata": ((key, value),), "timeout": 60}
    answer, done = channel.unary_unary("/t/unary").with_call(b"x" * 300000, **options)
    assert answer == name.encode() + b":" + b"x" * 300000
    assert ("x-server", name) in [tuple(pair) for pair in done.trailing_metadata()]
    assert len(list(channel.unary_stream("/t/server")(b"500", **options))) == 500
    assert channel.stream_unary("/t/client")(iter([b"y" * 10000] * 200), **options) == name.encode() + b":2000000"
    answers = channel.stream_stream("/t/both")(iter([b"%d" % i for i in range(200)]), **options)
    assert list(answers) == [name.encode() + b":%d" % i for i in range(200)]
    try:
        channel.unary_unary("/t/fail")(b"", **options)
        raise AssertionError("no error")
    except grpc.RpcError as e:
        assert (e.code(), e.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "no, by " + name), e
    try:
        channel.unary_unary("/t/wait")(b"", metadata=options["metadata"], timeout=5)
        raise AssertionError("no deadline")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.DEADLINE_EXCEEDED, e
    try:
        channel.unary_unary("/t/unknown")(b"", **options)
        raise AssertionError("no error")
    except grpc.RpcError as e:
        assert e.code() == grpc.StatusCode.UNIMPLEMENTED, e
    print("ok")


if sys.argv[1] == "server":
    serve(sys.argv[2])
else:
    call(sys.argv[2], sys.argv[3], sys.argv[4])
