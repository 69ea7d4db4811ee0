"""kill -9 of the collector under load: every span that was acknowledged is found after the restart."""
import threading
import unittest

from harness import Daemon, FolderTest, free_port, http_call
from thrift_messages import batch, span

ROUNDS = 20
WRITERS = 4


class Writer(threading.Thread):
    """Posts batches over one keep-alive-less connection after another and notes which were acknowledged."""

    def __init__(self, port, number, stop, sequence):
        super().__init__()
        self.port, self.number, self.stop, self.sequence = port, number, stop, sequence
        self.acknowledged, self.refused = [], 0

    def run(self):
        while not self.stop.is_set():
            low = (self.number << 40) | next(self.sequence)
            body = batch("kill-test", [span(low, index + 1, "op", parent=0 if index == 0 else 1) for index in range(20)])
            try:
                reply = http_call(self.port, "/api/traces", "POST", body, {"Content-Type": "application/x-thrift"}, timeout=5)
            except Exception:  # noqa: BLE001 - any broken connection means: not acknowledged
                continue
            if reply.status == 202:
                self.acknowledged.append(low)
            else:
                self.refused += 1


def counter():
    number = 0
    while True:
        number += 1
        yield number


class KillNine(FolderTest):
    def test_no_acknowledged_span_is_lost(self):
        thrift, grpc, query_http = free_port(), free_port(), free_port()
        data = self.folder / "data"
        sequences = [counter() for _ in range(WRITERS)]
        acknowledged = set()

        def collector():
            daemon = Daemon("pugmark-collector", self.folder, [
                f"--collector.grpc-server.host-port=127.0.0.1:{grpc}",
                f"--collector.http-server.host-port=127.0.0.1:{thrift}", "--collector.otlp.enabled=false",
                f"--rocksdb.directory={data}"])
            self.addCleanup(daemon.kill)
            return daemon.start()

        for round_number in range(ROUNDS):
            process = collector()
            stop = threading.Event()
            writers = [Writer(thrift, round_number * WRITERS + i + 1, stop, sequences[i]) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            # Kill in the middle of the writing, a little later each round.
            threading.Event().wait(0.1 + 0.02 * round_number)
            process.kill()
            stop.set()
            for writer in writers:
                writer.join()
                acknowledged.update(writer.acknowledged)
        self.assertGreater(len(acknowledged), 10 * ROUNDS, "too little was written to say anything")

        process = collector()
        query = self.daemon("pugmark-query", [f"--query.http-server.host-port=127.0.0.1:{query_http}",
                                              f"--rocksdb.directory={data}"]).start()
        missing, incomplete = [], []
        for low in sorted(acknowledged):
            reply = http_call(query_http, f"/api/traces/{low:x}")
            if reply.status != 200:
                missing.append(low)
            elif len(reply.json()["data"][0]["spans"]) != 20:
                incomplete.append(low)
        self.assertEqual((missing, incomplete), ([], []), f"of {len(acknowledged)} acknowledged batches")
        self.assertEqual(query.stop(), 0)
        self.assertEqual(process.stop(), 0)


if __name__ == "__main__":
    unittest.main()
