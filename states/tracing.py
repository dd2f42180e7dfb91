"""Spans for OpenTelemetry, where somebody takes them (OTEL_EXPORTER_OTLP_ENDPOINT); else nothing is loaded and done.

The library is an extra of its own (`duban[otel]`). Spans hold kinds, numbers and outcomes: no address, no name, no text.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from states.errors import BadSetting, Fault

PLACE = "OTEL_EXPORTER_OTLP_ENDPOINT"
MISSING = "要导出 OpenTelemetry，请先安装附加部分：pip install 'duban[otel]'；不导出就删去这一项"
SERVICE = "OTEL_SERVICE_NAME"


class Told:
    """What becomes known of something while it lasts. This one listens to nobody."""

    def tell(self, **about: str | float) -> None:
        """Attributes; `_` stands for a dot, `__` for itself."""

    def name(self, name: str) -> None:
        """Call it otherwise."""

    def failed(self, why: str) -> None:
        """It did not go well; `why`: a kind, never what an exception says."""


NOBODY = Told()
_tracer: Any = None
_provider: Any = None


def begin(endpoint: str) -> None:
    """Export to this address from now on; once a process, nothing where it is empty. Raises BadSetting."""
    global _tracer, _provider
    if not endpoint or _tracer is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise BadSetting([Fault(PLACE, MISSING)]) from error
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    _provider = TracerProvider(resource=Resource.create({"service.name": os.environ.get(SERVICE, "duban")}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    _tracer = _provider.get_tracer("duban")


def flush() -> None:
    """Hand over what has ended; what ends later is handed over when the process ends."""
    if _provider is not None:
        _provider.force_flush(5_000)


def span(
    name: str, kind: str = "internal", parent: str = "", **about: str | float
) -> AbstractContextManager[Told]:
    """The time that a block takes; `parent`: the caller's `traceparent`. See `Told` for what to say of it."""
    if _tracer is None:
        return nullcontext(NOBODY)
    return _span(name, kind, parent, about)


def present() -> Told:
    """The innermost span of this moment."""
    if _tracer is None:
        return NOBODY
    from opentelemetry import trace

    return _Spoken(trace.get_current_span())


def trace_id() -> str:
    """The trace of this moment, 32 digits; empty where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry import trace

    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else ""


class _Spoken(Told):
    """Goes into a span."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def tell(self, **about: str | float) -> None:
        for name, value in about.items():
            self._span.set_attribute(name.replace("_", ".").replace("..", "_"), value)

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def failed(self, why: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._span.set_status(Status(StatusCode.ERROR, why))


@contextmanager
def _span(name: str, kind: str, parent: str, about: dict[str, str | float]) -> Iterator[Told]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    above = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    opened = _tracer.start_as_current_span(
        name,
        context=above,
        kind=SpanKind[kind.upper()],
        record_exception=False,
        set_status_on_exception=False,
    )
    with opened as found:
        told = _Spoken(found)
        told.tell(**about)
        try:
            yield told
        except BaseException as error:
            told.failed(type(error).__name__)
            raise
