"""Bad datagrams and bodies: no crash, bounded memory, the documented answers, everything counted."""
import os
import socket
import subprocess
import unittest

from harness import BIN, ROOT, StackTest, http_call, wait_for
from thrift_messages import batch, message, span, span_fields

SENDER = BIN.parent / "tests" / "malformed_sender"
DATAGRAMS = 500_000  # to each of the two ports: a million in all
RATE = 60_000        # a second: what one core here decodes without the kernel dropping most of it
THRIFT = {"Content-Type": "application/x-thrift"}
MEBIBYTE = 1 << 20


class MalformedDatagrams(StackTest):
    def test_a_million_bad_datagrams(self):
        agent = self.stack.agent
        ports = (("compact", self.stack.udp_compact), ("binary", self.stack.udp_binary))

        def send(first, count):
            for protocol, port in ports:
                done = subprocess.run([str(SENDER), protocol, str(ROOT / "tests/testdata"), str(port), str(first), str(count), str(RATE)],
                                      capture_output=True, text=True, timeout=600, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(int(done.stdout), count)
            self.settle(agent)

        send(0, DATAGRAMS // 10)
        after_first = agent.rss_bytes()
        self.assertTrue(agent.alive())
        send(DATAGRAMS // 10, DATAGRAMS - DATAGRAMS // 10)
        self.assertTrue(agent.alive() and self.stack.collector.alive())
        grown = agent.rss_bytes() - after_first
        self.assertLessEqual(grown, 16 * MEBIBYTE, f"the agent grew by {grown / MEBIBYTE:.1f} MiB")
        errors = agent.metric("jaeger_agent_thrift_udp_t_processor_handler_errors_total")
        processed = agent.metric("jaeger_agent_thrift_udp_server_packets_processed_total")
        self.assertGreater(errors, DATAGRAMS / 20, "bad datagrams are counted")
        self.assertGreater(processed, errors)
        # A good message still gets through.
        trace = 0x77AA0001
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(message(batch("after the storm", [span(trace, 1, "op")])), ("127.0.0.1", self.stack.udp_binary))
        self.assertEqual(self.stack.trace(f"{trace:016x}")["spans"][0]["operationName"], "op")

    def settle(self, agent):
        """Waits until the agent has worked off its queues and sent what decoded to spans."""
        def figures():
            held = http_call(agent.admin, "/debug/vars").json()["agent"]["reporter"]["heldBytes"]
            return (held, *(agent.metric(f"jaeger_agent_thrift_udp_{name}") for name in
                            ("server_queue_size", "server_packets_processed_total", "t_processor_handler_errors_total")))
        last = [None]

        def quiet():
            now = figures()
            same, last[0] = now == last[0] and now[:2] == (0, 0), now
            return same
        wait_for(quiet, 60, "the agent's queues to empty")

    def test_the_agent_never_answers_over_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.5)
            for payload in (b"", b"x", os.urandom(200), b"\x82\x21\x01\x09emitBatch\x00"):
                s.sendto(payload, ("127.0.0.1", self.stack.udp_compact))
            with self.assertRaises(TimeoutError):
                s.recv(1)


class MalformedBodies(StackTest):
    def post(self, body, headers=None, path="/api/traces", method="POST"):
        return http_call(self.stack.thrift_http, path, method, body, THRIFT if headers is None else headers)

    def test_documented_answers(self):
        good = batch("bodies", [span(0x5150, 1, "op")])
        table = [
            ("good", good, THRIFT, 202, ""),
            ("other media type", good, {"Content-Type": "application/vnd.apache.thrift.binary; charset=x"}, 202, ""),
            ("empty", b"", THRIFT, 400, "Unable to process request body: "),
            ("one byte", b"\x0c", THRIFT, 400, "Unable to process request body: "),
            ("cut off", good[:-20], THRIFT, 400, "Unable to process request body: "),
            ("random", os.urandom(500), THRIFT, 400, "Unable to process request body: "),
            ("json", b"{}", {"Content-Type": "application/json"}, 400, "Unsupported content type: application/json"),
            ("html in the type", b"{}", {"Content-Type": "a/<b>"}, 400, None),
            ("no type", good, {}, 400, "Cannot parse content type: mime: no media type"),
            ("bad parameter", good, {"Content-Type": "application/json; =x;"}, 400,
             "Cannot parse content type: mime: invalid media parameter"),
        ]
        for name, body, headers, status, words in table:
            with self.subTest(name):
                reply = self.post(body, headers)
                self.assertEqual(reply.status, status, reply.body[:300])
                if words:
                    self.assertTrue(reply.body.decode().startswith(words), reply.body[:300])
                self.assertNotIn(b"<b>", reply.body)
        self.assertEqual(self.post(None, {}, method="GET").status, 405)
        self.assertEqual(self.post(good, path="/nothing").status, 404)

    def test_every_field_left_out(self):
        """A body with one field of its span missing is refused, or taken when Jaeger's schema does not require it."""
        fields = span_fields(0x1234, 9, "left out", parent=3, tags={"a": 1, "b": "x"})
        optional = {5, 9, 10}  # references, tags, logs
        for left_out in range(len(fields)):
            with self.subTest(field=left_out + 1):
                body = batch("fields", [b"".join(f for i, f in enumerate(fields) if i != left_out) + b"\x00"])
                self.assertEqual(self.post(body).status, 202 if left_out in optional else 400)

    def test_huge_bodies_are_refused_without_memory(self):
        collector = self.stack.collector
        self.post(batch("warm", [span(1, 1, "op")]))
        before = collector.rss_bytes()
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                self.assertEqual(self.send_huge(100 * MEBIBYTE, chunked), 413)
        self.assertLess(collector.rss_bytes() - before, 64 * MEBIBYTE)
        self.assertEqual(self.post(batch("after", [span(2, 1, "op")])).status, 202)

    def send_huge(self, size, chunked):
        """Posts `size` zeros and returns the status, reading the answer also when the server closes early."""
        block = bytes(MEBIBYTE)
        with socket.create_connection(("127.0.0.1", self.stack.thrift_http), timeout=30) as s:
            length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
            s.sendall(f"POST /api/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-thrift\r\n{length}\r\n\r\n".encode())
            try:
                for _ in range(size // len(block)):
                    s.sendall(b"%x\r\n" % len(block) + block + b"\r\n" if chunked else block)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while b"\r\n" not in answer:
                    piece = s.recv(4096)
                    if not piece:
                        break
                    answer += piece
            except ConnectionResetError:
                pass
            return int(answer.split()[1]) if answer else 0


if __name__ == "__main__":
    unittest.main()
