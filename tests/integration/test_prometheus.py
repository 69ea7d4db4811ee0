"""Debian's Prometheus scrapes all three daemons, and promtool finds nothing to complain about."""
import json
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import StackTest, free_port, http_call, wait_for

# Jaeger's own names that the linter dislikes; they stay as clients know them (reference 2.8).
JAEGERS_OWN = ("jaeger_collector_spans_serviceNames",)


class Prometheus(StackTest):
    def test_promtool_is_silent(self):
        for daemon in self.stack.daemons:
            with self.subTest(daemon=daemon.name):
                done = subprocess.run(["promtool", "check", "metrics"], input=daemon.metrics_text(), capture_output=True,
                                      text=True, timeout=30, check=False)
                complaints = [line for line in (done.stdout + done.stderr).splitlines()
                              if line.strip() and not any(name in line for name in JAEGERS_OWN)]
                self.assertEqual(complaints, [])

    def test_prometheus_scrapes_all_three(self):
        if not shutil.which("prometheus"):
            self.fail("prometheus is not installed: tests/packages.txt lists what the tests need")
        port = free_port()
        folder = Path(self.folder) / "prometheus"
        folder.mkdir()
        targets = {daemon.name: f"127.0.0.1:{daemon.admin}" for daemon in self.stack.daemons}
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": name, "static_configs": [{"targets": [target]}]} for name, target in targets.items()],
        }))
        log = open(folder / "log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                    f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def all_up():
            try:
                reply = http_call(port, "/api/v1/query?query=up", timeout=5)
            except OSError:
                return False
            results = reply.json()["data"]["result"] if reply.status == 200 else []
            return {r["metric"]["job"] for r in results if r["value"][1] == "1"} == set(targets)
        wait_for(all_up, 40, "all three targets up in Prometheus")
        families = http_call(port, "/api/v1/label/__name__/values").json()["data"]
        for name in ("jaeger_agent_reporter_batches_submitted_total", "jaeger_collector_queue_length",
                     "process_cpu_seconds_total"):
            self.assertIn(name, families)

    def test_families_after_traffic(self):
        body = (Path(__file__).parents[1] / "testdata/golden/inputs/client-node-jaeger-client-http.bin").read_bytes()
        reply = http_call(self.stack.thrift_http, "/api/traces", "POST", body, {"Content-Type": "application/x-thrift"})
        self.assertEqual(reply.status, 202)
        self.stack.get("/api/services")
        collector, query = self.stack.collector, self.stack.query
        self.assertEqual(collector.metric("jaeger_collector_spans_received_total", format="jaeger", transport="http"), 3)
        wait_for(lambda: collector.metric("jaeger_collector_spans_saved_by_svc_total", result="ok") == 3, 10, "spans saved")
        self.assertGreaterEqual(query.metric("jaeger_query_requests_total", operation="get_services", result="ok"), 1)
        self.assertGreaterEqual(query.metric("jaeger_storage_requests_total", operation="get_services", result="ok"), 1)


if __name__ == "__main__":
    unittest.main()
