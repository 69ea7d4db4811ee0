"""Compares our answers with those recorded from real Jaeger servers (tests/testdata/golden).

The cases that cannot pass yet are named in golden_waiting.txt, each with what it waits for; a case that differs and is
not listed there fails, and so does one that is listed and passes.
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

from harness import GOLDEN, StackTest

WAITING = Path(__file__).parent / "golden_waiting.txt"


def waiting_cases():
    cases = {}
    for line in WAITING.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" : ")
            cases[name.strip()] = reason.strip()
    return cases


class Golden(StackTest):
    stack_options = {"collector_flags": (f"--sampling.strategies-file={GOLDEN}/inputs/strategies.json",)}

    def test_answers_equal_those_of_jaeger(self):
        stack = self.stack
        command = [sys.executable, str(GOLDEN / "check.py"), "--partial", "--version", "v1.76", "--wait", "5",
                   "--query", f"127.0.0.1:{stack.query_http}",
                   "--collector-http", f"127.0.0.1:{stack.thrift_http}",
                   "--collector-grpc", f"127.0.0.1:{stack.grpc}",
                   "--agent-compact", f"127.0.0.1:{stack.udp_compact}",
                   "--agent-binary", f"127.0.0.1:{stack.udp_binary}", "--verbose"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        passed = set(re.findall(r"^ok   (\S+) \[v1.76\]", done.stdout, re.M))
        failed = set(re.findall(r"^FAIL (\S+)", done.stdout, re.M))
        self.assertGreater(len(passed), 60, done.stdout + done.stderr)
        waiting = waiting_cases()
        unexpected = failed - waiting.keys()
        details = [block for block in re.split(r"(?m)^(?=FAIL |ok   )", done.stdout)
                   if any(block.startswith(f"FAIL {name}") for name in unexpected)]
        self.assertEqual(unexpected, set(), "\n".join(details))
        self.assertEqual(waiting.keys() & passed, set(), "listed in golden_waiting.txt, but passing: remove them")


if __name__ == "__main__":
    unittest.main()
