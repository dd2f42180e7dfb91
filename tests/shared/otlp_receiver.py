"""A collector on loopback: takes what OpenTelemetry sends over HTTP, and reads it as Protobuf."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """What a collector learns of one."""

    name: str
    kind: int
    trace: str
    number: str
    parent: str
    about: dict[str, Any]
    status: tuple[int, str]
    seconds: float


class Collector(ThreadingHTTPServer):
    """`raw` is every byte that came, unpacked."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.raw = b""
        super().__init__(("127.0.0.1", 0), Hand)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, body: bytes) -> None:
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services.add(_plain(resource.resource.attributes)["service.name"])
            for scope in resource.scope_spans:
                self.spans.extend(map(_span, scope.spans))


class Hand(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/traces"
        self.server.take(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_args: Any) -> None:
        pass


def _span(one: Any) -> Span:
    return Span(
        one.name,
        one.kind,
        one.trace_id.hex(),
        one.span_id.hex(),
        one.parent_span_id.hex(),
        _plain(one.attributes),
        (one.status.code, one.status.message),
        (one.end_time_unix_nano - one.start_time_unix_nano) / 1e9,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
