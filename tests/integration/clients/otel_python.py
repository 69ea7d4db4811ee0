"""Sends one small shop's spans with the stock OpenTelemetry SDK for Python through a stock exporter and prints, as JSON, what the SDK
says of them (compatibility.py describes the form).

otel_python.py EXPORTER ADDRESS SERVICE

EXPORTER and ADDRESS: otlp-grpc HOST:PORT; jaeger-grpc HOST:PORT; jaeger-udp HOST:PORT; otlp-http, jaeger-http, zipkin-v1, zipkin-v2 and
zipkin-proto take a URL. Needs the packages of requirements.txt.
"""
import json
import logging
import sys
import time
import warnings

warnings.simplefilter("ignore")

from opentelemetry import trace  # noqa: E402 - the filter comes first
from opentelemetry.sdk.resources import Resource  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: E402
from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: E402

kind, address, service = sys.argv[1:4]
problems = []


class Gather(logging.Handler):
    def emit(self, record):
        problems.append(record.getMessage())


logging.getLogger().addHandler(Gather(logging.WARNING))


def exporter():
    host, _, port = address.rpartition(":")
    if kind in ("otlp-grpc", "otlp-grpc-gzip"):
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        gzip = grpc.Compression.Gzip if kind.endswith("gzip") else None
        return OTLPSpanExporter(endpoint=address, insecure=True, compression=gzip)
    if kind in ("otlp-http", "otlp-http-gzip", "otlp-http-deflate"):
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        packing = {"otlp-http-gzip": Compression.Gzip, "otlp-http-deflate": Compression.Deflate}.get(kind, Compression.NoCompression)
        return OTLPSpanExporter(endpoint=address, compression=packing)
    if kind == "jaeger-grpc":
        from opentelemetry.exporter.jaeger.proto.grpc import JaegerExporter
        return JaegerExporter(collector_endpoint=address, insecure=True)
    if kind == "jaeger-udp":
        from opentelemetry.exporter.jaeger.thrift import JaegerExporter
        return JaegerExporter(agent_host_name=host, agent_port=int(port))
    if kind == "jaeger-http":
        from opentelemetry.exporter.jaeger.thrift import JaegerExporter
        return JaegerExporter(collector_endpoint=address)
    if kind in ("zipkin-v1", "zipkin-v2"):
        from opentelemetry.exporter.zipkin.encoder import Protocol
        from opentelemetry.exporter.zipkin.json import ZipkinExporter
        return ZipkinExporter(version=Protocol.V1 if kind == "zipkin-v1" else Protocol.V2, endpoint=address)
    if kind == "zipkin-proto":
        from opentelemetry.exporter.zipkin.proto.http import ZipkinExporter
        return ZipkinExporter(endpoint=address)
    raise ValueError(f"no exporter {kind}")


def typed(value):
    if isinstance(value, (list, tuple)):
        return {"type": "array", "value": [typed(v) for v in value]}
    for python_type, name in ((bool, "bool"), (int, "int"), (float, "double")):
        if isinstance(value, python_type):
            return {"type": name, "value": value}
    return {"type": "string", "value": value}


def attributes(values):
    return [{"key": key, **typed(value)} for key, value in (values or {}).items()]


def describe(span):
    context = span.get_span_context()
    return {
        "traceID": f"{context.trace_id:032x}", "spanID": f"{context.span_id:016x}",
        "parentSpanID": f"{span.parent.span_id:016x}" if span.parent else "", "traceState": "",
        "name": span.name, "kind": span.kind.name.lower(), "start": str(span.start_time), "end": str(span.end_time),
        "attributes": attributes(span.attributes),
        "events": [{"name": e.name, "time": str(e.timestamp), "attributes": attributes(e.attributes)} for e in span.events],
        "links": [{"traceID": f"{link.context.trace_id:032x}", "spanID": f"{link.context.span_id:016x}",
                   "attributes": attributes(link.attributes)} for link in span.links],
        "status": {"code": span.status.status_code.name.lower(), "message": span.status.description or ""},
        "scope": {"name": span.instrumentation_scope.name, "version": span.instrumentation_scope.version or ""},
    }


provider = TracerProvider(resource=Resource.create({"service.name": service, "host.name": "python-1", "shards": 3}))
tracer = provider.get_tracer("shop", "1.2.3")
now = time.time_ns()
root = tracer.start_span("GET /items", kind=SpanKind.SERVER, start_time=now, attributes={
    "text": "caf\u00e9 \U0001f600 <b>&", "empty": "", "whole": 42, "big": 2**62, "negative": -7, "fraction": 0.1, "flag": True, "off": False,
    "list": ["x", "y"], "numbers": [1, 2, 3]})
under_root = trace.set_span_in_context(root)
child = tracer.start_span("select", context=under_root, kind=SpanKind.CLIENT, start_time=now + 1_000_000, attributes={"db.statement": "select 1"})
child.add_event("retry", {"attempt": 2, "final": False}, timestamp=now + 2_000_000)
child.add_event("gave up", timestamp=now + 3_000_000)
child.set_status(Status(StatusCode.ERROR, "broken"))
child.end(now + 4_000_000)
job = tracer.start_span("enqueue", context=under_root, kind=SpanKind.PRODUCER, start_time=now + 2_000_000,
                        links=[trace.Link(child.get_span_context(), {"why": "retry"})])
job.set_status(Status(StatusCode.OK))
job.end(now + 5_000_000)
worker = tracer.start_span("work", kind=SpanKind.CONSUMER, start_time=now + 3_000_000)
step = tracer.start_span("step", context=trace.set_span_in_context(worker), start_time=now + 4_000_000)
step.end(now + 6_000_000)
worker.end(now + 7_000_000)
root.end(now + 8_000_000)

spans = [root, child, job, worker, step]
out = exporter()
if out.export(spans) is not SpanExportResult.SUCCESS:
    problems.append("export failed")
out.shutdown()
print(json.dumps({"service": service, "resource": attributes(provider.resource.attributes), "spans": [describe(s) for s in spans],
                  "problems": problems}))
