"""Stock Jaeger clients through separate agent, collector and query processes: everything comes back as it was sent."""
import json
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import StackTest, quote, wait_for

CLIENTS = Path(__file__).parent / "clients"
NODE_SCRIPT = CLIENTS / "jaeger_client_node.js"
RUBY_SCRIPT = CLIENTS / "jaeger_client_ruby.rb"


def run_client(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} failed with {done.returncode}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def by_key(tags):
    return sorted(tags, key=lambda tag: json.dumps(tag, sort_keys=True))


def id_as_shown(text):
    """Ids with their leading zeros, which some clients drop in texts: 16 digits, or 32."""
    return text.rjust(16 if len(text) <= 16 else 32, "0")


def references_as_shown(sent):
    """The references that Jaeger shows: a CHILD_OF to the parent comes first unless a reference names it already."""
    references = list(sent["references"])
    parent = sent["parentSpanID"]
    if parent and not any(r["traceID"] == sent["traceID"] and r["spanID"] == parent for r in references):
        references.insert(0, {"refType": "CHILD_OF", "traceID": sent["traceID"], "spanID": parent})
    return [dict(r, traceID=id_as_shown(r["traceID"]), spanID=id_as_shown(r["spanID"])) for r in references]


class Clients(StackTest):
    maxDiff = None

    def check_spans(self, sent, source_format):
        """Every span of `sent` is in its trace exactly as the client says it sent it."""
        self.assertEqual(sent["errors"], [])
        self.assertGreaterEqual(len(sent["spans"]), 4)
        for span in sent["spans"]:
            with self.subTest(service=sent["service"], operation=span["operationName"]):
                trace_id = id_as_shown(span["traceID"])

                def shown(span=span, trace_id=trace_id):
                    trace = self.stack.trace(trace_id, raw=True)
                    found = [s for s in trace["spans"] if s["spanID"] == id_as_shown(span["spanID"])]
                    return (trace, found[0]) if found else None
                trace, got = wait_for(shown, 10, f"span {span['operationName']}")
                self.assertEqual(got["traceID"], trace_id)
                self.assertEqual(got["operationName"], span["operationName"])
                self.assertEqual(got.get("flags", 0), span["flags"])
                self.assertEqual(got["startTime"], span["startTime"])
                self.assertEqual(got["duration"], span["duration"])
                self.assertEqual(by_key(got["tags"]),
                                 by_key(span["tags"] + [{"key": "@jaeger@format", "type": "string", "value": source_format}]))
                self.assertEqual(got["references"], references_as_shown(span))
                self.assertEqual([dict(log, fields=by_key(log["fields"])) for log in got["logs"]],
                                 [dict(log, fields=by_key(log["fields"])) for log in span["logs"]])
                process = trace["processes"][got["processID"]]
                self.assertEqual(process["serviceName"], sent["service"])
                self.assertEqual(by_key(process["tags"]), by_key(sent["processTags"]))
        operations = {span["operationName"] for span in sent["spans"]}
        listed = self.stack.get(f"/api/services/{quote(sent['service'])}/operations").json()["data"]
        self.assertEqual(set(listed), operations)
        self.assertIn(sent["service"], self.stack.services())

    def node(self, transport, port, sampling_port):
        if not shutil.which("node"):
            self.fail("node is not installed: tests/packages.txt lists what the tests need")
        service = f"node {transport} shop"
        return run_client(["node", str(NODE_SCRIPT), transport, "127.0.0.1", str(port), service, str(sampling_port)])

    def test_node_client_over_udp_binary(self):
        sent = self.node("udp", self.stack.udp_binary, self.stack.agent_http)
        self.check_spans(sent, "proto")  # the agent forwards as api_v2 protobuf
        self.assertEqual(sent["strategy"], "ProbabilisticSampler(samplingRate=0.001)")

    def test_node_client_over_http(self):
        sent = self.node("http", self.stack.thrift_http, self.stack.agent_http)
        self.check_spans(sent, "jaeger")
        self.assertEqual(sent["strategy"], "ProbabilisticSampler(samplingRate=0.001)")
        self.assertTrue(any(len(span["traceID"]) == 32 for span in sent["spans"]), "128-bit trace ids")

    def test_ruby_client_over_udp_compact(self):
        sent = run_client(["ruby", str(RUBY_SCRIPT), "127.0.0.1", str(self.stack.udp_compact), "ruby shop",
                           str(self.stack.agent_http)])
        self.check_spans(sent, "proto")
        self.assertEqual(sent["strategy"], "Probabilistic(0.001)")

    def test_either_method_port_takes_either_client(self):
        """Jaeger batches are taken on the Zipkin port as well (reference 1.1)."""
        sent = run_client(["ruby", str(RUBY_SCRIPT), "127.0.0.1", str(self.stack.udp_zipkin), "ruby on 5775",
                           str(self.stack.agent_http)])
        self.check_spans(sent, "proto")


if __name__ == "__main__":
    unittest.main()
