"""Starts the real binaries in a temporary folder on ephemeral ports and talks to them: what every integration test uses.

Binaries are looked for in $PUGMARK_BIN_DIR, else in build/release/bin of this checkout.
"""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("PUGMARK_BIN_DIR", ROOT / "build/release/bin"))
GOLDEN = ROOT / "tests/testdata/golden"
READY_SECONDS = 30


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds=15, what="condition"):
    """Polls until `condition()` is true and returns its value; fails, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def type(self):
        return self.headers.get("Content-Type", "")

    def json(self):
        return json.loads(self.body)


def http_call(port, path, method="GET", body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Daemon:
    """One process of ours. Its admin port is always `self.admin`."""

    def __init__(self, program, folder, flags, environment=None, name=None):
        self.name = name or program
        self.program = BIN / program
        self.folder = Path(folder)
        self.admin = free_port()
        self.log_path = self.folder / f"{self.name}.log"
        self.arguments = [str(self.program), f"--admin.http.host-port=127.0.0.1:{self.admin}", *flags]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **(environment or {})}
        self.process = None

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.arguments, stdout=log, stderr=log, cwd=self.folder, env=self.environment)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=READY_SECONDS):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} exited with {self.process.returncode}:\n{self.log()[-3000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                return http_call(self.admin, "/", timeout=2).status == 200
        wait_for(ready, seconds, f"{self.name} ready; its log ends:\n{self.log()[-2000:]}")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self, seconds=30):
        """SIGTERM; returns the exit code."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
        return self.wait(seconds)

    def wait(self, seconds=30):
        if not self.process:
            return None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within {seconds} s; its log ends:\n{self.log()[-2000:]}") from None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def rss_bytes(self):
        return self._memory("VmRSS")

    def peak_bytes(self):
        return self._memory("VmHWM")

    def _memory(self, name):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {name}")

    def metrics_text(self):
        return http_call(self.admin, "/metrics").body.decode()

    def metric(self, name, **labels):
        """Sum of the samples of `name` whose labels include `labels`."""
        total = 0.0
        for line in self.metrics_text().splitlines():
            if line.startswith("#") or not line.strip():
                continue
            series, value = line.rsplit(" ", 1)
            series_name, _, rest = series.partition("{")
            if series_name == name and all(f'{k}="{v}"' in rest for k, v in labels.items()):
                total += float(value)
        return total


class Stack:
    """Agent, collector and query as three processes over one embedded store, in a folder of their own."""

    def __init__(self, folder, collector_flags=(), agent_flags=(), query_flags=()):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.grpc, self.thrift_http, self.query_http, self.agent_http = (free_port() for _ in range(4))
        self.udp_compact, self.udp_binary, self.udp_zipkin = (free_port(socket.SOCK_DGRAM) for _ in range(3))
        keep = "--rocksdb.span-store-ttl=876000h"
        self.collector = Daemon("pugmark-collector", folder, [
            f"--collector.grpc-server.host-port=127.0.0.1:{self.grpc}",
            f"--collector.http-server.host-port=127.0.0.1:{self.thrift_http}",
            f"--rocksdb.directory={self.data}", keep, *collector_flags])
        self.query = Daemon("pugmark-query", folder, [
            f"--query.http-server.host-port=127.0.0.1:{self.query_http}", f"--rocksdb.directory={self.data}", keep, *query_flags])
        self.agent = Daemon("pugmark-agent", folder, [
            f"--reporter.grpc.host-port=127.0.0.1:{self.grpc}",
            f"--http-server.host-port=127.0.0.1:{self.agent_http}",
            f"--processor.jaeger-compact.server-host-port=127.0.0.1:{self.udp_compact}",
            f"--processor.jaeger-binary.server-host-port=127.0.0.1:{self.udp_binary}",
            f"--processor.zipkin-compact.server-host-port=127.0.0.1:{self.udp_zipkin}", *agent_flags])

    @property
    def daemons(self):
        return (self.agent, self.query, self.collector)

    def start(self):
        self.collector.start()
        self.agent.start()
        self.query.start()
        return self

    def stop(self):
        """Stops in the order of the data flow; returns the exit codes by name."""
        return {daemon.name: daemon.stop() for daemon in self.daemons}

    def kill(self):
        for daemon in self.daemons:
            daemon.kill()

    def get(self, path):
        return http_call(self.query_http, path)

    def trace(self, trace_id, seconds=10, raw=False):
        """The one trace object of that id, waited for; `raw`: as stored, before the adjusters."""
        def found():
            reply = self.get(f"/api/traces/{trace_id}{'?raw=true' if raw else ''}")
            return reply.json()["data"][0] if reply.status == 200 else None
        return wait_for(found, seconds, f"trace {trace_id}")

    def services(self):
        return self.get("/api/services").json()["data"] or []


class StackTest(unittest.TestCase):
    """A test class with one stack for all its tests. `stack_options` are Stack's arguments."""

    stack_options = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="pugmark-test-")
        cls.stack = Stack(cls.folder, **cls.stack_options)
        try:
            cls.stack.start()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.kill()
        shutil.rmtree(cls.folder, ignore_errors=True)


class FolderTest(unittest.TestCase):
    """A test with a temporary folder; daemons started through `daemon` are ended after it."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pugmark-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def daemon(self, program, flags, environment=None, name=None):
        daemon = Daemon(program, self.folder, flags, environment, name)
        self.addCleanup(daemon.kill)
        return daemon


def quote(text):
    return urllib.parse.quote(text, safe="")
