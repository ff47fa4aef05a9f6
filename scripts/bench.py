#!/usr/bin/env python3
"""Measures the server against itself, and writes docs/benchmarks.md.

Every ratio is of numbers taken in this one run, on this one machine. Needs wrk (make bench installs it).
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import bench_postgres
from bench_tools import ACTIONS, CREATE, ROOT, ROUNDS, SECONDS, Server, fill, median, wrk

SIZES = [int(n) for n in os.environ.get("BENCH_SIZES", "1000,1000000").split(",")]


def measure(size, folder):
    """All numbers of a project with `size` actions."""
    store = f"sqlite:{folder / str(size)}.db"
    fill(store, size)
    script = folder / "create.lua"
    script.write_text(CREATE)
    with Server(store, folder) as server:
        start_seconds = server.start_seconds
        first = server.get(f"{ACTIONS}?limit=1")["actions"][0]
        middle = server.get(f"{ACTIONS}?limit=1&offset={size // 2}")["actions"][0]["action_id"]
        ten = urllib.request.quote(json.dumps({"match": [{"container": "needle"}]}))
        assert len(server.get(f"{ACTIONS}?limit=100&search={ten}")["actions"]) == 10, "the search must find ten"
        pairs = [(wrk(server, "/healthz", 64), wrk(server, f"{ACTIONS}/{first['action_id']}", 64)) for _ in range(ROUNDS)]
        numbers = {
            "healthz, 64 connections": statistics.median(a for a, _ in pairs),
            "show, 64 connections": statistics.median(b for _, b in pairs),
            "show / healthz": statistics.median(b / a for a, b in pairs),
        }
        for name, query in {
            "list, first page": "?limit=10",
            "list, offset in the middle": f"?limit=10&offset={size // 2}",
            "list, offset at the end": f"?limit=10&offset={size - 10}",
            "list, marker in the middle": f"?limit=10&marker={middle}",
            "search that finds ten": f"?limit=10&search={ten}",
        }.items():
            # From one, the numbers are also of two threads that wake each other; from 16, of the work.
            for connections in ["1 connection", "16 connections"]:
                count = int(connections.split()[0])
                numbers[f"{name}, {connections}"] = median(lambda query=query, count=count: wrk(server, ACTIONS + query, count))
        pairs = [(wrk(server, ACTIONS, 1, script), wrk(server, ACTIONS, 64, script)) for _ in range(ROUNDS)]
        numbers |= {
            "create, 1 connection": statistics.median(one for one, _ in pairs),
            "create, 64 connections": statistics.median(many for _, many in pairs),
            "create, 64 / 1": statistics.median(many / one for one, many in pairs),
        }
        numbers["memory, MiB"] = server.resident_mib()
        numbers["start, s"] = start_seconds
    return numbers


def table(results):
    heads = " | ".join(f"{size:,} actions" for size in results)
    lines = [f"| | {heads} | ratio |", "|---" * (len(results) + 2) + "|"]
    first, last = list(results)[0], list(results)[-1]
    for name in results[first]:
        cells = " | ".join(f"{numbers[name]:,.2f}" if numbers[name] < 100 else f"{numbers[name]:,.0f}" for numbers in results.values())
        lines.append(f"| {name} | {cells} | {results[last][name] / results[first][name]:.2f} |")
    return "\n".join(lines)


def missed(results):
    """The bounds that this run does not hold, in words."""
    first, last = list(results.values())[0], list(results.values())[-1]
    for size, numbers in results.items():
        if numbers["show / healthz"] < 0.3:
            yield f"show / healthz is below 0.3 with {size:,} actions"
        if numbers["create, 64 / 1"] < 5:
            yield f"create, 64 / 1 is below 5 with {size:,} actions"
        if numbers["memory, MiB"] >= 100:
            yield f"memory is not below 100 MiB with {size:,} actions"
        if numbers["start, s"] >= 1:
            yield f"start is not below 1 s with {size:,} actions"
    for name in first:
        if name.startswith(("list", "search")) and last[name] < first[name] / 2:
            yield f"{name}: takes more than twice as long with the last size as with the first"


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {platform.system()} {platform.release()}"


def main():
    build = ["cargo", "build", "--release", "--locked", "-p", "actiond", "-p", "actiond-persistence", "--bin", "actiond", "--example", "fill"]
    subprocess.run(build, cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        results = {size: measure(size, Path(folder)) for size in SIZES}
        shared = bench_postgres.measure(Path(folder))
    bounds = [*missed(results), *bench_postgres.missed(shared)]
    report = f"""# Benchmarks

Made by `make bench` on {time.strftime("%Y-%m-%d")}: {machine()}. The load generator (wrk, {SECONDS} s a
measurement, median of {ROUNDS}) shares the machine with the server, so read the ratios, not the numbers.
Rows without a unit are requests a second; the last column is the last size to the first.

{table(results)}

- *show / healthz*: one project action, read with a valid token, against the route that does nothing.
- *create*: 201 is sent when the disk has the action (WAL, `synchronous=FULL`). From 64 connections the
  writer commits together what waits together.

{bench_postgres.section(shared)}

Bounds that this run does not hold: {"; ".join(bounds) or "none"}.
"""
    page = ROOT / "docs/benchmarks.md"
    # What scripts/bench_freezer.py has written stands behind.
    _, heading, section = page.read_text().partition("\n## Beside freezer-api\n")
    page.write_text(report + heading + section)
    print(report)
    if bounds:
        sys.exit("bench: a bound is missed, see the end of the report")


if __name__ == "__main__":
    main()
