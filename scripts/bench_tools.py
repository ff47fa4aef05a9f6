"""What the measurements of the server have in common: the server itself, the load, the medians."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/actiond"
FILL = ROOT / "target/release/examples/fill"
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PASSWORD = "bench-password"
PROJECT = "default"

ACTIONS = f"/v2/{PROJECT}/actions"

CREATE = """
wrk.method = "POST"
local n = 0
function setup(thread) thread:set("id", tostring(math.random(1, 1e9))) end
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format(
    '{"freezer_action":{"action":"backup","mode":"fs","storage":"local","backup_name":"%s-%d","path_to_backup":"/srv/data/%d",'
    .. '"container":"/var/backups","log_file":"/var/log/freezer.log","hostname":"node-%d"},"max_retries":3,"description":"bench"}',
    id, n, n, n % 100))
end
"""


class Server:
    """The real binary on a store, which a URL names."""

    def __init__(self, store, folder):
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--store", store, "--log-format", "json", "--log", "warn"],
            stdout=subprocess.PIPE, text=True, cwd=folder,
            env={**os.environ, "ACTIOND_ADMIN_PASSWORD": PASSWORD},
        )
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.start_seconds = time.perf_counter() - began
        self.token = self.log_in()

    def log_in(self):
        user = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"id": PROJECT}}}}
        request = urllib.request.Request(f"{self.url}/v3/auth/tokens", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return answer.headers["X-Subject-Token"]

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"X-Auth-Token": self.token})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def resident_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def wrk(server, path, connections, script=None):
    """Requests a second; an answer that is not a success stops the whole run."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-H", f"X-Auth-Token: {server.token}"]
    if script:
        command += ["-s", script]
    output = subprocess.run(command + [server.url + path], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"bench: {path}: {output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def median(measure):
    return statistics.median(measure() for _ in range(ROUNDS))


def fill(store, size):
    """Puts so many actions into a store."""
    began = time.perf_counter()
    subprocess.run([FILL, store, PROJECT, str(size)], check=True)
    print(f"filled {store.split(':')[0]} with {size:,} in {time.perf_counter() - began:.0f} s", flush=True)
