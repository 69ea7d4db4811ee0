#!/usr/bin/env python3
"""Runs the integration tests of this folder: a line per test, the output of those that failed, and the counts.

run.py [--counts FILE] [PATTERN ...]

PATTERN chooses tests whose id (test_kill.Kill.test_rounds) contains it. --counts writes "PASSED FAILED" to FILE for
tests/run.sh. Skipped tests count as failed: whatever a test needs is installed by tests/run.sh.
"""
import argparse
import faulthandler
import io
import sys
import time
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
HANG_SECONDS = 30 * 60  # no test takes that long: say where it hangs, and end


class Report(unittest.TestResult):
    """Prints each test as it ends and collects the failures."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.failed = {}  # test id -> reasons, in order
        self._started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        word = "FAILED" if test.id() in self.failed else "ok"
        print(f"{word:>6} {time.monotonic() - self._started:7.1f} s  {test.id()}", file=sys.__stdout__, flush=True)

    def addSuccess(self, test):
        self.passed += 1

    def addFailure(self, test, err):
        self._fail(test.id(), self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._fail(test.id(), f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addSkip(self, test, reason):
        self._fail(test.id(), f"skipped: {reason}")

    def addUnexpectedSuccess(self, test):
        self._fail(test.id(), "was expected to fail")

    def addExpectedFailure(self, test, err):
        self._fail(test.id(), "is marked as an expected failure")

    def _fail(self, test_id, reason):
        if test_id not in self.failed:
            self.failed[test_id] = []
        self.failed[test_id].append(reason)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=Path)
    parser.add_argument("patterns", nargs="*")
    options = parser.parse_args()
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=sys.__stderr__)

    found = unittest.defaultTestLoader.discover(str(FOLDER))
    chosen = [test for test in flatten(found) if not options.patterns or any(p in test.id() for p in options.patterns)]
    report = Report()
    captured = io.StringIO()
    with redirect_stdout(captured), redirect_stderr(captured):
        unittest.TestSuite(chosen).run(report)
    for test_id, reasons in report.failed.items():
        print(f"\n--- {test_id}", *reasons, sep="\n")
    if report.failed and captured.getvalue():
        print("--- output of the tests", captured.getvalue(), sep="\n")
    print(f"integration: {report.passed} of {report.passed + len(report.failed)} tests passed")
    if options.counts:
        options.counts.write_text(f"{report.passed} {len(report.failed)}\n", encoding="utf-8")
    return 0 if report.passed and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())
