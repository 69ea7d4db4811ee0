#!/usr/bin/env python3
"""The include check accepts what the rule allows and names what it forbids."""
import tempfile
import unittest
from pathlib import Path

from check_includes import breach, check


class Breach(unittest.TestCase):
    def test_allowed(self):
        for path, included in (("common/net/a.cc", "common/base/b.h"), ("storage/rocks/a.cc", "storage/api/b.h"),
                               ("storage/open.cc", "storage/rocks/b.h"), ("agent/a.cc", "proto/codec/b.h"),
                               ("deploy/all_in_one/main.cc", "query/query.h"), ("query/a.cc", "model.pb.h"),
                               ("tests/unit/a.cc", "tests/support/b.h")):
            self.assertIsNone(breach(path, included), (path, included))

    def test_forbidden(self):
        for path, included in (("common/net/a.cc", "proto/codec/b.h"), ("agent/a.cc", "storage/api/b.h"),
                               ("collector/a.cc", "query/query.h"), ("query/a.cc", "deploy/b.h"),
                               ("storage/api/a.h", "storage/rocks/b.h"), ("storage/memory/a.h", "storage/rocks/b.h"),
                               ("proto/codec/a.h", "storage/api/b.h"), ("collector/a.cc", "tests/support/b.h"),
                               ("deploy/tracegen/a.cc", "collector/collector.h")):
            self.assertIsNotNone(breach(path, included), (path, included))

    def test_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "agent" / "a.cc"
            file.parent.mkdir()
            file.write_text('#include <string>\n#include "storage/api/storage.h"\n', encoding="utf-8")
            self.assertEqual(check(Path(folder)), ["agent/a.cc:2: agent must not include storage (storage/api/storage.h)"])


if __name__ == "__main__":
    unittest.main()
