#!/usr/bin/env python3
"""Keeps the dependency rule of common/doc/adr/001: who may include whom.

check_includes.py ROOT prints each #include line that breaks it and exits 1 when there is one.
"""
import re
import sys
from pathlib import Path

ALLOWED = {
    "common": {"common"},
    "proto": {"common", "proto"},
    "storage": {"common", "proto", "storage"},
    "agent": {"common", "proto", "agent"},
    "collector": {"common", "proto", "storage", "collector"},
    "query": {"common", "proto", "storage", "query"},
    "deploy": {"common", "proto", "storage", "agent", "collector", "query", "deploy"},
    "tests": {"common", "proto", "storage", "agent", "collector", "query", "deploy", "tests"},
}
# The load generator is a program of deploy and no daemon: it must not lean on the daemons it measures.
TRACEGEN = {"common", "proto", "deploy"}
# The contract knows no backend, and backends do not know each other; storage/*.h chooses between them.
STORAGE_ALLOWED = {"api": {"api"}, "memory": {"api", "memory"}, "rocks": {"api", "rocks"}}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def breach(path, included):
    """The reason why the file `path` must not include `included` (both relative to the root), or None."""
    folder, target = path.split("/")[0], included.split("/")[0]
    if target not in ALLOWED:
        return None  # generated code, or a library's header
    allowed = TRACEGEN if path.startswith("deploy/tracegen/") else ALLOWED[folder]
    if target not in allowed:
        return f"{folder} must not include {target}"
    parts, target_parts = path.split("/"), included.split("/")
    if folder == target == "storage" and len(parts) > 2 and len(target_parts) > 2:
        allowed_parts = STORAGE_ALLOWED.get(parts[1])
        if allowed_parts is not None and target_parts[1] not in allowed_parts:
            return f"storage/{parts[1]} must not include storage/{target_parts[1]}"
    return None


def check(root):
    """Every breach below `root`, as "file:line: reason"."""
    found = []
    for folder in ALLOWED:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                reason = match and breach(path, match.group(1))
                if reason:
                    found.append(f"{path}:{number}: {reason} ({match.group(1)})")
    return found


def main():
    found = check(Path(sys.argv[1]))
    print("\n".join(found) or "every #include points the allowed way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
