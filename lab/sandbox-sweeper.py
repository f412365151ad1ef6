#!/usr/bin/env python3
"""Removes the pod sandboxes of a node that have ended, as its kubelet does, but at once instead of once a minute.

Kubernetes 1.20 keeps a deleted pod's object until its sandbox is gone (github.com/kubernetes/kubernetes, issue 88543); earlier and later
releases do not. Speaks the container runtime interface to containerd: two calls, whose few fields are written and read by hand.

sandbox-sweeper.py --socket CONTAINERD-SOCKET
"""
import argparse, time

import grpc

SERVICE = "/runtime.v1alpha2.RuntimeService/"
INTERVAL = 0.5      # seconds; a call takes a millisecond
NOT_READY = b"\x0a\x04\x12\x02\x08\x01"     # ListPodSandboxRequest{filter{state{state: SANDBOX_NOTREADY}}}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """The (number, bytes) of a message's length-delimited fields; those of other types are passed over."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 2:
            length, at = varint(data, at)
            yield tag >> 3, data[at:at + length]
            at += length
        elif kind == 0:
            _, at = varint(data, at)
        else:
            at += {1: 8, 5: 4}[kind]


def call(channel, method, request):
    return channel.unary_unary(SERVICE + method)(request, timeout=30)


def sweep(channel):
    for number, sandbox in fields(call(channel, "ListPodSandbox", NOT_READY)):
        name = next((value for field, value in fields(sandbox) if field == 1), b"") if number == 1 else b""
        if name:
            call(channel, "RemovePodSandbox", b"\x0a" + bytes([len(name)]) + name)      # an id has 64 characters
            print("removed", name.decode(), flush=True)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--socket", required=True)
channel = grpc.insecure_channel("unix://" + parser.parse_args().socket)
while True:
    try:
        sweep(channel)
    except grpc.RpcError as error:
        print(error.code(), error.details(), flush=True)
    time.sleep(INTERVAL)
