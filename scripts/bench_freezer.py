#!/usr/bin/env python3
"""Measures actiond beside a real freezer-api, and writes the table into docs/benchmarks.md.

Both have the same actions, the same Keystone, and SQLite. freezer-api runs as in production: uwsgi with two
processes, and memcached for its tokens. What freezer-api has is put into its database, and comes to actiond by
`actiond import`. Every ratio is of numbers taken in this one run, on this one machine.

Needs wrk, memcached and a C compiler (make bench installs the former).
"""

import json
import os
import platform
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/actiond"
FREEZER = ROOT / "target/freezer-bench"
KEYSTONE = ROOT / "target/keystone"
PAGE = ROOT / "docs/benchmarks.md"
HEADING = "## Beside freezer-api"
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
SIZES = [int(n) for n in os.environ.get("BENCH_FREEZER_SIZES", "1000,100000").split(",")]
CONNECTIONS = [1, 16]
NEEDLE = json.dumps({"match": [{"container": "needle"}]})
PASSWORD = "secret"

# What each is to be faster by, at least: by the beginning of the row's name.
BOUNDS = {"show": 40, "list": 40, "create": 60, "PATCH": 60, "search in 100,000": 10_000}
# How long an import may take at most, in seconds for each action: 100,000 within five minutes.
IMPORT = 300 / 100_000


def call(method, url, body=None, token=None):
    """Sends a request that must succeed."""
    headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=600) as answer:
        return json.loads(answer.read() or b"null"), answer.headers


def until(what, condition):
    deadline = time.monotonic() + 300
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"bench: waited in vain: {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url, token=None):
    """Whether there is an answer that is a success."""
    try:
        call("GET", url, token=token)
        return True
    except (urllib.error.URLError, ConnectionError):
        return False


def family(pid):
    """The folders in /proc of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{pid}"), *(folder for child in children for folder in family(child))]


def memory_mib(pid):
    """The memory of a process and its children; what they share counts once."""
    sizes = [re.search(r"Pss:\s+(\d+)", (folder / "smaps_rollup").read_text())[1] for folder in family(pid)]
    return sum(map(int, sizes)) / 1024


def processor_ticks(pid):
    """The processor's time that a process and its children have taken."""
    # Behind the name in parentheses: the state, and in the user's and the system's mode the 12th and 13th.
    fields = [(folder / "stat").read_text().rpartition(")")[2].split() for folder in family(pid)]
    return sum(int(taken) for own in fields for taken in own[11:13])


class Keystone:
    """A real Keystone, with a project, a member of it, and a user for services."""

    def __init__(self, folder):
        shutil.copytree(KEYSTONE / "empty", folder)
        script = ROOT / "tests/keystone/serve.py"
        self.process = subprocess.Popen(
            [KEYSTONE / "bin/python", script, folder, "127.0.0.1", "0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
        )
        line = next(line for line in self.process.stdout if line.startswith("http"))
        self.url = line.split()[0]
        self.admin = self.token("admin", "admin")
        self.offer("identity", f"{self.url}/v3")
        self.project = self.make("projects", name="bench", domain_id="default")
        self.service_project = self.make("projects", name="service", domain_id="default")
        self.user = self.add_user("bench", self.project, "member")
        self.add_user("service", self.service_project, "service")
        self.member = self.token("bench", "bench")

    def token(self, user, project):
        domain = {"id": "default"}
        identity = {"methods": ["password"], "password": {"user": {"name": user, "domain": domain, "password": PASSWORD}}}
        scope = {"project": {"name": project, "domain": domain}}
        return call("POST", f"{self.url}/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})[1]["X-Subject-Token"]

    def make(self, kind, **what):
        return call("POST", f"{self.url}/v3/{kind}", {kind[:-1]: what}, self.admin)[0][kind[:-1]]["id"]

    def offer(self, kind, url):
        service = self.make("services", type=kind)
        for interface in ["public", "internal", "admin"]:
            self.make("endpoints", service_id=service, interface=interface, url=url)

    def add_user(self, name, project, role):
        user = self.make("users", name=name, password=PASSWORD, domain_id="default")
        role = call("GET", f"{self.url}/v3/roles?name={role}", token=self.admin)[0]["roles"][0]["id"]
        call("PUT", f"{self.url}/v3/projects/{project}/users/{user}/roles/{role}", token=self.admin)
        return user


class Service:
    """A service that was started, and is ended at once."""

    def start(self, command, url, token, **how):
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
        self.url, self.token = url, token
        until(f"{command[0]} answers", lambda: answers(url, token))
        self.start_seconds = time.perf_counter() - began

    def settle(self):
        """Waits until it does nothing: what a client gave up is worked on all the same."""
        def is_idle():
            before = processor_ticks(self.process.pid)
            time.sleep(0.3)
            return processor_ticks(self.process.pid) - before <= 3
        until(f"{self.name} has done its work", is_idle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class FreezerApi(Service):
    """A freezer-api with so many actions."""

    name = "freezer-api"

    def __init__(self, keystone, folder, size):
        folder.mkdir()
        shutil.copy(ROOT / "target/freezer-api/empty/freezer.db", folder)
        fill(folder / "freezer.db", keystone, size)
        self.cache = subprocess.Popen(["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(port := free_port())])
        (folder / "freezer-api.conf").write_text(f"""
[DEFAULT]
log_file = {folder}/log
[database]
connection = sqlite:///{folder}/freezer.db
[paste_deploy]
config_file = {FREEZER}/etc/freezer/freezer-paste.ini
[keystone_authtoken]
www_authenticate_uri = {keystone.url}/v3
auth_url = {keystone.url}/v3
auth_type = password
username = service
password = {PASSWORD}
project_id = {keystone.service_project}
user_domain_id = default
memcached_servers = 127.0.0.1:{port}
""")
        port = free_port()
        command = [
            FREEZER / "bin/uwsgi", "--http-socket", f"127.0.0.1:{port}", "--master", "--processes", "2", "--lazy-apps",
            "--disable-logging", "--die-on-term", "--listen", "100", "--buffer-size", "65535",
            "--module", "freezer_api.wsgi:application", "--virtualenv", FREEZER,
            "--pyargv", f"--config-file {folder}/freezer-api.conf",
        ]
        base = f"http://127.0.0.1:{port}/v2/{keystone.project}/actions"
        self.start(command, base, keystone.member, cwd=folder)
        self.endpoint = f"http://127.0.0.1:{port}"

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.cache.kill()
        self.cache.wait()


class Actiond(Service):
    """The real binary, with what it has imported from a freezer-api."""

    name = "actiond"

    def __init__(self, keystone, folder, freezer):
        folder.mkdir()
        port = free_port()
        (folder / "actiond.toml").write_text(f"""
[server]
listen = "127.0.0.1:{port}"
[identity]
provider = "keystone"
[identity.keystone]
auth_url = "{keystone.url}/v3"
username = "service"
password = "{PASSWORD}"
project_id = "{keystone.service_project}"
""")
        admin = {"OS_AUTH_URL": keystone.url, "OS_USERNAME": "admin", "OS_PASSWORD": PASSWORD, "OS_PROJECT_NAME": "admin"}
        command = [BINARY, "import", "freezer", "--endpoint", freezer.endpoint, "--project", keystone.project]
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, env={**os.environ, **admin}, check=True)
        self.import_seconds = time.perf_counter() - began
        url = f"http://127.0.0.1:{port}/v2/{keystone.project}/actions"
        self.start([BINARY, "serve", "--log", "warn"], url, keystone.member, cwd=folder)


def document(number, size):
    every = max(size // 10, 1)
    return {
        "action": "backup", "mode": "fs", "storage": "local", "backup_name": f"nightly-{number}",
        "path_to_backup": f"/srv/data/{number}", "log_file": "/var/log/freezer.log", "hostname": f"node-{number % 100}",
        "container": "needle" if number % every == every // 2 and number // every < 10 else "/var/backups",
    }


def action_id(number):
    return uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex


def fill(database, keystone, size):
    """Puts actions where freezer-api would: by its API this takes hours."""
    def row(number):
        action = document(number, size)
        columns = [action[key] for key in ["action", "mode", "path_to_backup", "backup_name", "container", "log_file"]]
        return [action_id(number), keystone.project, keystone.user, *columns, json.dumps(action).encode()]
    insert = """INSERT INTO actions (id, project_id, user_id, action, actionmode, path_to_backup, backup_name, container,
                log_file, backup_metadata, mandatory, deleted, max_retries, max_retries_interval)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 5, 6)"""
    with sqlite3.connect(database) as connection:
        connection.executemany(insert, (row(number) for number in range(size)))


LUA = """
local ids = {{ {ids} }}
local made, at = 0, math.random(1, #ids)
function setup(thread) thread:set("run", tostring(math.random(1, 1e9))) end
local function document(name)
  return string.format('{{"freezer_action":{{"action":"backup","mode":"fs","storage":"local","backup_name":"%s",'
    .. '"path_to_backup":"/srv/data/1","container":"/var/backups","log_file":"/var/log/freezer.log","hostname":"node-1"}},'
    .. '"max_retries":5,"max_retries_interval":6}}', name)
end
function request()
  at, made = at % #ids + 1, made + 1
  {request}
end
"""
REQUESTS = {
    "show": "return wrk.format('GET', wrk.path .. '/' .. ids[at])",
    "list": "return wrk.format('GET', wrk.path .. '?limit=10')",
    "search": f"return wrk.format('GET', wrk.path, nil, '{NEEDLE}')",
    "create": "return wrk.format('POST', wrk.path, nil, document(run .. '-' .. made))",
    "PATCH": "return wrk.format('PATCH', wrk.path .. '/' .. ids[at], nil, document(run .. '-' .. made))",
}


def wrk(service, kind, size, connections, folder):
    """Successful requests a second, the 99th percentile in milliseconds, and how many requests failed."""
    ids = ", ".join(f"'{action_id(number)}'" for number in range(0, size, max(size // 1000, 1)))
    script = folder / f"{kind}.lua"
    script.write_text(LUA.format(ids=ids, request=REQUESTS[kind]))
    seconds = SECONDS
    if kind == "search":
        # Some searches must come to their end, however many wait.
        began = time.perf_counter()
        call("GET", service.url, json.loads(NEEDLE), service.token)
        seconds = max(seconds, round((time.perf_counter() - began) * 4) + 1)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "600s", "--latency", "-s", script]
    command += ["-H", f"X-Auth-Token: {service.token}", "-H", "Content-Type: application/json", service.url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    service.settle()
    requests, taken = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output).group(1, 2)
    taken = float(taken) * {"ms": 0.001, "s": 1, "m": 60}[re.search(r"requests in [\d.]+(ms|s|m)", output)[1]]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    failed = int(failed[1]) if failed else 0
    if failed and service.name == "actiond":
        sys.exit(f"bench: {kind}: {output}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", output).groups()
    p99 = float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]
    return (int(requests) - failed) / taken, p99, failed


def measure(service, size, folder):
    """All numbers of a service with so many actions, by row: the number, the 99th percentile, and what failed."""
    found = call("GET", service.url, json.loads(NEEDLE), service.token)[0]["actions"]
    assert len(found) == 10, f"the search must find ten: {len(found)}"
    numbers = {}
    for kind in REQUESTS:
        for connections in CONNECTIONS:
            rate, p99, failed = wrk(service, kind, size, connections, folder)
            what = f"{kind} in {size:,}" if kind in ("search", "show", "list") else f"{kind} with {size:,}"
            name = f"{what}, {connections} connection{'s' if connections > 1 else ''}"
            numbers[name] = rate, p99, failed
            print(f"{service.name}: {name}: {rate:,.2f}/s, 99% in {p99:,.1f} ms, {failed} failed", flush=True)
    numbers[f"memory with {size:,}, MiB"] = memory_mib(service.process.pid), None, 0
    numbers[f"start with {size:,}, s"] = service.start_seconds, None, 0
    return numbers


def answers_at_most(service):
    """How many requests a second one connection can have answered that take no work at all."""
    url = service.url.split("/v2/")[0] + "/healthz"
    output = subprocess.run(["wrk", "-t1", "-c1", f"-d{SECONDS}s", url], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def writes_at_most(folder):
    """How often a second the disk can keep a page, one after the other."""
    file = os.open(folder / "page", os.O_RDWR | os.O_CREAT)
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        os.pwrite(file, os.urandom(4096), 0)
        os.fdatasync(file)
        count += 1
    os.close(file)
    return count / SECONDS


def shown(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def table(ours, theirs):
    lines = ["| | freezer-api | 99 % in ms | actiond | 99 % in ms | actiond / freezer-api |", "|---|---|---|---|---|---|"]
    for name, (their_number, their_p99, _) in theirs.items():
        our_number, our_p99, _ = ours[name]
        p99 = [shown(p99) if p99 is not None else "" for p99 in (their_p99, our_p99)]
        ratio = shown(our_number / their_number) if their_number else "∞"
        lines.append(f"| {name} | {shown(their_number)} | {p99[0]} | {shown(our_number)} | {p99[1]} | {ratio} |")
    return "\n".join(lines)


def missed(ours, theirs, imports):
    """The bounds that this run does not hold, in words."""
    for name, (our_number, *_) in ours.items():
        their_number = theirs[name][0]
        if not their_number:
            yield f"{name}: freezer-api answered nothing, so there is no ratio"
        for start, bound in BOUNDS.items():
            if name.startswith(start) and our_number < bound * their_number:
                yield f"{name}: less than {bound:,} times"
        if name.startswith("memory") and our_number > their_number / 10:
            yield f"{name}: more than a tenth"
    for size, seconds in imports.items():
        if seconds > max(size * IMPORT, 10):
            yield f"the import of {size:,} actions: {seconds:.0f} s"


def refused(theirs):
    """What freezer-api did not answer with a success, in words."""
    return [f"{name}: {failed}" for name, (_, _, failed) in theirs.items() if failed]


def write(section):
    """Puts the section behind what else is on the page."""
    page = PAGE.read_text().split(f"\n{HEADING}\n")[0].rstrip("\n")
    PAGE.write_text(f"{page}\n\n{HEADING}\n\n{section}")


def main():
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "actiond"], cwd=ROOT, check=True)
    for install in [["keystone.sh"], ["freezer-api.sh"], ["venv.sh", "target/freezer-bench", "tests/freezer/bench-requirements.txt"]]:
        subprocess.run([ROOT / "scripts" / install[0], *install[1:]], cwd=ROOT, check=True)
    ours, theirs, imports = {}, {}, {}
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        folder = Path(folder)
        keystone = Keystone(folder / "keystone")
        for size in SIZES:
            with FreezerApi(keystone, folder / f"freezer-{size}", size) as freezer:
                with Actiond(keystone, folder / f"actiond-{size}", freezer) as actiond:
                    imports[size] = actiond.import_seconds
                    ours |= measure(actiond, size, folder)
                    alone = answers_at_most(actiond), writes_at_most(folder)
                theirs |= measure(freezer, size, folder)
        keystone.process.kill()
        keystone.process.wait()
    bounds = list(missed(ours, theirs, imports))
    took = " and ".join(f"{seconds:.0f} s for {size:,} actions" for size, seconds in imports.items())
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
    write(f"""Made by `scripts/bench_freezer.py` on {time.strftime("%Y-%m-%d")}: {machine}. Both in one run, one after the other, with the
same actions, the same Keystone and SQLite; freezer-api 19 under uwsgi with two processes, memcached for its tokens.
Requests a second that succeeded, from wrk on the same machine ({SECONDS} s a measurement, longer for slow searches);
memory is that of all its processes after that, start the time to the first list.

{table(ours, theirs)}

In the same run, one connection had {shown(alone[0])} answers a second of actiond's `/healthz`, which does nothing, and the disk kept
{shown(alone[1])} pages a second, one after the other: no write from one connection is kept sooner. How fast requests from one connection
follow each other also depends on how soon two threads wake each other, which differs from minute to minute.

`actiond import freezer` took {took}.

Requests that freezer-api did not answer with a success, and that do not count: {"; ".join(refused(theirs)) or "none"}.

Bounds that this run does not hold: {"; ".join(bounds) or "none"}.
""")
    print(PAGE.read_text().split(HEADING)[1])
    if bounds:
        sys.exit("bench: a bound is missed, see the end of the report")


if __name__ == "__main__":
    main()
