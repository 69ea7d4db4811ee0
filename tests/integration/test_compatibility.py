"""Stock clients x protocols: every span that a client says it sent is stored and read back equal. One row of MATRIX per combination;
deploy/docs/compatibility.md shows the same table, and a test keeps the two alike."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import compatibility
from harness import ROOT, StackTest, wait_for

CLIENTS = Path(__file__).parent / "clients"
PAGE = ROOT / "deploy/docs/compatibility.md"
VENV = Path(os.environ.get("PUGMARK_CLIENTS_VENV", ROOT / "build/clients-venv"))
DEBIAN_PYTHON = "/usr/bin/python3"

# client, protocol, command (a format string over the ports), what to compare with
MATRIX = [
    ("OpenTelemetry Node, OTLP exporter", "OTLP gRPC", "node otel_node.js otlp-grpc {host}:{otlp_grpc}", compatibility.otlp),
    ("OpenTelemetry Node, OTLP exporter", "OTLP gRPC, gzip", "node otel_node.js otlp-grpc-gzip {host}:{otlp_grpc}", compatibility.otlp),
    ("OpenTelemetry Node, OTLP exporter", "OTLP/HTTP JSON", "node otel_node.js otlp-json http://{host}:{otlp_http}/v1/traces", compatibility.otlp),
    ("OpenTelemetry Node, OTLP exporter", "OTLP/HTTP JSON, gzip", "node otel_node.js otlp-json-gzip http://{host}:{otlp_http}/v1/traces",
     compatibility.otlp),
    ("OpenTelemetry Node, OTLP exporter", "OTLP/HTTP protobuf", "node otel_node.js otlp-proto http://{host}:{otlp_http}/v1/traces", compatibility.otlp),
    ("OpenTelemetry Node, OTLP exporter", "OTLP/HTTP protobuf, gzip", "node otel_node.js otlp-proto-gzip http://{host}:{otlp_http}/v1/traces",
     compatibility.otlp),
    ("OpenTelemetry Node, Zipkin exporter", "Zipkin v2 JSON", "node otel_node.js zipkin http://{host}:{zipkin}/api/v2/spans", compatibility.otel_zipkin),
    ("OpenTelemetry Node, Jaeger exporter", "Jaeger Thrift over HTTP", "node otel_node.js jaeger-http http://{host}:{thrift_http}/api/traces",
     compatibility.jaeger),
    ("OpenTelemetry Node, Jaeger exporter", "Jaeger Thrift binary over UDP", "node otel_node.js jaeger-udp {host}:{udp_binary}", compatibility.jaeger),
    ("OpenTelemetry Python, OTLP exporter", "OTLP gRPC", "{python} otel_python.py otlp-grpc {host}:{otlp_grpc}", compatibility.otlp),
    ("OpenTelemetry Python, OTLP exporter", "OTLP gRPC, gzip", "{python} otel_python.py otlp-grpc-gzip {host}:{otlp_grpc}", compatibility.otlp),
    ("OpenTelemetry Python, OTLP exporter", "OTLP/HTTP protobuf", "{python} otel_python.py otlp-http http://{host}:{otlp_http}/v1/traces",
     compatibility.otlp),
    ("OpenTelemetry Python, OTLP exporter", "OTLP/HTTP protobuf, gzip", "{python} otel_python.py otlp-http-gzip http://{host}:{otlp_http}/v1/traces",
     compatibility.otlp),
    ("OpenTelemetry Python, OTLP exporter", "OTLP/HTTP protobuf, deflate", "{python} otel_python.py otlp-http-deflate http://{host}:{otlp_http}/v1/traces",
     compatibility.otlp),
    ("OpenTelemetry Python, Jaeger exporter", "Jaeger gRPC (PostSpans)", "{python} otel_python.py jaeger-grpc {host}:{grpc}", compatibility.jaeger),
    ("OpenTelemetry Python, Jaeger exporter", "Jaeger Thrift compact over UDP", "{python} otel_python.py jaeger-udp {host}:{udp_compact}",
     compatibility.jaeger),
    ("OpenTelemetry Python, Jaeger exporter", "Jaeger Thrift over HTTP",
     "{python} otel_python.py jaeger-http http://{host}:{thrift_http}/api/traces?format=jaeger.thrift", compatibility.jaeger),
    ("OpenTelemetry Python, Zipkin exporter", "Zipkin v1 JSON", "{python} otel_python.py zipkin-v1 http://{host}:{zipkin}/api/v1/spans",
     compatibility.otel_zipkin),
    ("OpenTelemetry Python, Zipkin exporter", "Zipkin v2 JSON", "{python} otel_python.py zipkin-v2 http://{host}:{zipkin}/api/v2/spans",
     compatibility.otel_zipkin),
    ("OpenTelemetry Python, Zipkin exporter", "Zipkin v2 protobuf", "{python} otel_python.py zipkin-proto http://{host}:{zipkin}/api/v2/spans",
     compatibility.otel_zipkin),
    ("OpenTelemetry Go, Jaeger exporter", "Jaeger Thrift compact over UDP", "{go} udp {host} {udp_compact}", compatibility.jaeger),
    ("OpenTelemetry Go, Jaeger exporter", "Jaeger Thrift over HTTP", "{go} http http://{host}:{thrift_http}/api/traces", compatibility.jaeger),
    ("zipkin (npm), transport-http", "Zipkin v1 JSON", "node zipkin_node.js v1 http://{host}:{zipkin}/api/v1/spans", compatibility.zipkin),
    ("zipkin (npm), transport-http", "Zipkin v2 JSON", "node zipkin_node.js v2 http://{host}:{zipkin}/api/v2/spans", compatibility.zipkin),
    ("py_zipkin", "Zipkin v1 Thrift", "{debian_python} zipkin_python.py thrift http://{host}:{zipkin}/api/v1/spans", compatibility.zipkin),
    ("py_zipkin", "Zipkin v1 JSON", "{debian_python} zipkin_python.py json-v1 http://{host}:{zipkin}/api/v1/spans", compatibility.zipkin),
    ("py_zipkin", "Zipkin v2 JSON", "{debian_python} zipkin_python.py json-v2 http://{host}:{zipkin}/api/v2/spans", compatibility.zipkin),
]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, cwd=CLIENTS, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} failed with {done.returncode}: {done.stderr[-2000:]}{done.stdout[-500:]}")
    return done.stdout


def python_clients():
    """The interpreter of a virtual environment with requirements.txt in it; made on first use, kept in the build folder."""
    wanted = (CLIENTS / "requirements.txt").read_bytes()
    mark, python = VENV / "requirements.txt", VENV / "bin/python"
    if not mark.exists() or mark.read_bytes() != wanted:
        run([DEBIAN_PYTHON, "-m", "venv", "--clear", str(VENV)])
        run([str(VENV / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"])
        mark.write_bytes(wanted)
    return str(python)


def go_client(folder):
    """Built against Debian's packages of the SDK, with Debian's compiler: no module is fetched."""
    program = Path(folder) / "otel_go"
    compiler = max(Path("/usr/lib").glob("go-*/bin/go"))
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOCACHE": str(ROOT / "build/gocache"),
                   "GOROOT": str(compiler.parents[1])}
    run([str(compiler), "build", "-o", str(program), "./otel_go"], env=environment)
    return str(program)


class Matrix(StackTest):
    maxDiff = None

    def test_every_span_comes_back_equal(self):
        stack = self.stack
        ports = {name: getattr(stack, name) for name in ("otlp_grpc", "otlp_http", "zipkin", "thrift_http", "grpc", "udp_compact", "udp_binary")}
        with tempfile.TemporaryDirectory() as folder:
            places = {"host": "127.0.0.1", "python": python_clients(), "debian_python": DEBIAN_PYTHON, "go": go_client(folder), **ports}
            for number, (client, protocol, command, compare) in enumerate(MATRIX):
                with self.subTest(client=client, protocol=protocol):
                    service = f"matrix-{number}"
                    sent = json.loads(run([*command.format(**places).split(), service]).splitlines()[-1])
                    self.assertEqual(sent["problems"], [])
                    self.assertGreaterEqual(len(sent["spans"]), 2)
                    problems = [f"{span['name']}: {problem}" for span in sent["spans"] for problem in self.compare(sent, span, compare)]
                    self.assertEqual(problems, [])

    def compare(self, sent, span, compare):
        def shown():
            reply = self.stack.get(f"/api/traces/{span['traceID']}?raw=true")
            trace = reply.json()["data"][0] if reply.status == 200 else {"spans": []}
            found = [s for s in trace["spans"] if s["spanID"] == span["spanID"]]
            return (found[0], trace["processes"]) if found else None
        got, processes = wait_for(shown, 10, f"span {span['name']} of trace {span['traceID']}")
        return compare(sent, span, got, processes[got["processID"]])

    def test_node_remote_sampler_takes_our_strategy(self):
        taken = json.loads(run(["node", "otel_node.js", "sampler", f"http://127.0.0.1:{self.stack.agent_http}", "any"]))
        self.assertEqual(taken["problems"], [])
        self.assertIn("TraceIdRatioBased{0.001}", taken["strategy"])


class Page(unittest.TestCase):
    def test_the_documented_table_is_the_tested_one(self):
        rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| [^|]* \|$", PAGE.read_text(encoding="utf-8"), re.M)
        listed = {(client, protocol) for client, protocol in rows if client not in ("Client", "---")}
        self.assertLessEqual({(client, protocol) for client, protocol, _, _ in MATRIX}, listed)


if __name__ == "__main__":
    sys.exit(unittest.main())
