#!/usr/bin/env python3
"""End-to-end cost: the real agent, collector and query as three processes over one embedded store, driven by pugmark-tracegen.

run.py [--spans N] [--udp-rate N] [--connections N] [--batch N] [--json FILE] [PROTOCOL ...]

For each protocol (udp-compact, grpc, http-thrift) a fresh stack in a temporary folder takes N spans. Printed are, per server process,
CPU microseconds per span (user and system, from /proc/PID/stat) and peak memory (VmHWM); bytes on disk per span after a graceful stop;
and spans sent, acknowledged and found. "found" looks up a sample of the traces over query's HTTP port and compares the number of their
spans. Binaries come from $PUGMARK_BIN_DIR, else build/release/bin. Exit code 1 when an acknowledged span was not found, or when
anything but UDP was not acknowledged.
"""
import argparse
import contextlib
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))
from harness import BIN, Stack, wait_for  # noqa: E402 - found through the line above

PROTOCOLS = ("udp-compact", "grpc", "http-thrift")
SPANS_PER_TRACE = 12
SAMPLE = 300  # traces looked up
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(daemon):
    """User and system time of the process so far."""
    # The name in parentheses may hold spaces: fields are counted from the last parenthesis (proc(5)).
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def folder_bytes(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


class Run:
    """One protocol on a fresh stack."""

    def __init__(self, protocol, options):
        self.protocol, self.options = protocol, options
        self.folder = Path(tempfile.mkdtemp(prefix="pugmark-e2e-"))
        self.stack = Stack(self.folder)
        self.ids_file = self.folder / "ids"

    def generate(self):
        """Sends the load; returns tracegen's own report and its CPU seconds."""
        port = {"udp-compact": self.stack.udp_compact, "udp-binary": self.stack.udp_binary,
                "grpc": self.stack.grpc, "http-thrift": self.stack.thrift_http}[self.protocol]
        udp = self.protocol.startswith("udp")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [str(BIN / "pugmark-tracegen"), f"--protocol={self.protocol}", f"--target=127.0.0.1:{port}",
             f"--traces={self.options.spans // SPANS_PER_TRACE}", f"--spans-per-trace={SPANS_PER_TRACE}",
             f"--batch={self.options.batch}", f"--connections={1 if udp else self.options.connections}",
             f"--rate={self.options.udp_rate if udp else 0}", f"--ids-file={self.ids_file}", "--json"],
            stdout=subprocess.PIPE, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return json.loads(done.stdout), used

    def settle(self):
        """Waits until every process has been nearly idle for a second: queues are empty, the store has caught up."""
        last = [None]

        def idle():
            time.sleep(1)
            now = [cpu_seconds(daemon) for daemon in self.stack.daemons]
            quiet = last[0] is not None and sum(now) - sum(last[0]) < 0.05
            last[0] = now
            return quiet
        wait_for(idle, 120, "the processes to become idle")

    def look_up(self):
        """Spans of a sample of traces: those expected (acknowledged; over UDP sent) and those found."""
        lines = [line.split() for line in self.ids_file.read_text(encoding="ascii").splitlines()]
        chosen = random.Random(1).sample(lines, min(SAMPLE, len(lines)))
        udp = self.protocol.startswith("udp")
        expected = found = 0
        for trace_id, sent, acknowledged in chosen:
            expected += int(sent if udp else acknowledged)
            reply = self.stack.get(f"/api/traces/{trace_id}")
            if reply.status == 200:
                found += len(reply.json()["data"][0]["spans"])
        return expected, found

    def measure(self):
        try:
            self.stack.start()
            daemons = {daemon.name.removeprefix("pugmark-"): daemon for daemon in self.stack.daemons}
            before = {name: cpu_seconds(daemon) for name, daemon in daemons.items()}
            sent, generator_cpu = self.generate()
            self.settle()
            used = {name: cpu_seconds(daemon) - before[name] for name, daemon in daemons.items()}
            stored = self.stack.collector.metric("jaeger_collector_spans_saved_by_svc_total", result="ok")
            expected, found = self.look_up()
            peaks = {name: daemon.peak_bytes() for name, daemon in daemons.items()}
            self.stack.stop()
            per_span = 1 / max(1, stored)
            return {
                "protocol": self.protocol, "sent": sent["spans_sent"], "acknowledged": sent["spans_acknowledged"], "stored": int(stored),
                "looked_up": expected, "found": found, "spans_per_second": sent["spans_per_second"],
                "wire_bytes_per_span": sent["bytes"] / max(1, sent["spans_sent"]),
                "cpu_us_per_span": {name: value * 1e6 * per_span for name, value in used.items()},
                "generator_cpu_us_per_span": generator_cpu * 1e6 / max(1, sent["spans_sent"]),
                "peak_rss_mib": {name: value / 2**20 for name, value in peaks.items()},
                "disk_bytes_per_span": folder_bytes(self.stack.data) * per_span,
                "first_problem": sent["first_problem"],
            }
        finally:
            with contextlib.suppress(Exception):
                self.stack.kill()
            shutil.rmtree(self.folder, ignore_errors=True)


def good(result):
    udp = result["protocol"].startswith("udp")
    return result["found"] == result["looked_up"] and (udp or result["acknowledged"] == result["sent"])


def print_table(results):
    head = ("protocol", "sent", "acked", "stored", "found", "spans/s", "CPU us/span: agent", "collector", "query", "generator",
            "peak MiB: agent", "collector", "query", "disk B/span", "wire B/span")
    rows = [head]
    for r in results:
        cpu, peak = r["cpu_us_per_span"], r["peak_rss_mib"]
        udp = r["protocol"].startswith("udp")
        rows.append((r["protocol"], str(r["sent"]), "-" if udp else str(r["acknowledged"]), str(r["stored"]),
                     f"{r['found']}/{r['looked_up']}", f"{r['spans_per_second']:,.0f}", f"{cpu['agent']:.2f}", f"{cpu['collector']:.2f}",
                     f"{cpu['query']:.2f}", f"{r['generator_cpu_us_per_span']:.2f}", f"{peak['agent']:.0f}", f"{peak['collector']:.0f}",
                     f"{peak['query']:.0f}", f"{r['disk_bytes_per_span']:.0f}", f"{r['wire_bytes_per_span']:.0f}"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for number, row in enumerate(rows):
        print("| " + " | ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths)) + "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=600_000, help="spans for each protocol (default %(default)s)")
    parser.add_argument("--udp-rate", type=int, default=30_000, help="spans a second over UDP, which has no back-pressure (default %(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="senders at once over gRPC and HTTP (default %(default)s)")
    parser.add_argument("--batch", type=int, default=50, help="spans of a message (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    parser.add_argument("protocols", nargs="*", default=list(PROTOCOLS), metavar="PROTOCOL", help=", ".join(PROTOCOLS))
    options = parser.parse_args()
    version = subprocess.run([str(BIN / "pugmark-collector"), "version"], capture_output=True, text=True, check=True).stdout
    print(f"{cpu_model()}, {os.cpu_count()} cores; {json.loads(version)['gitCommit'][:12]}; {options.spans} spans for each protocol, "
          f"{options.batch} in a message, {options.connections} connections, UDP at {options.udp_rate} spans/s")
    results = []
    for protocol in options.protocols:
        results.append(Run(protocol, options).measure())
        if results[-1]["first_problem"]:
            print(f"{protocol}: first problem: {results[-1]['first_problem']}")
    print_table(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0 if all(good(result) for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
