#!/usr/bin/env python3
"""Gives the project actions of actiond back to a freezer-api: makes freezer-api's those that actiond has.

Needs OS_TOKEN, a token of an admin (openstack token issue -f value -c id), and Python 3 alone. freezer-api makes
whoever writes an action its owner. The file that --owners names gets the statements for its database that make
the owners right again, of actions that were written now, and of those that have another owner there already.

Exit status: 0 when freezer-api has all actions as actiond has them, once the statements are run; 3 when some were
refused, could not be removed, or have another owner and no file was named, which is shown.
"""

import argparse
import json
import os
import sys
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

KEPT = ["freezer_action", "max_retries", "max_retries_interval"]  # What freezer-api keeps of an action.
MADE = ["_version", "project_id", "action_id", "user_id", "mandatory", "timeout"]  # What services make up.


def call(method, url, body=None):
    """Sends a request; answers status and body."""
    headers = {"X-Auth-Token": os.environ["OS_TOKEN"], "Accept": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers, method=method)) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def actions(service, project):
    """All actions of a project, by id, in their order."""
    found = {}
    while True:
        status, page = call("GET", f"{service}/v2/{project}/actions?limit=500&offset={len(found)}")
        if status != 200:
            sys.exit(f"{service} answers {status} for project {project}: {page}")
        if not page["actions"]:
            return found
        found.update((action["action_id"], action) for action in page["actions"])


def document(action):
    """What freezer-api can keep of an action."""
    return {key: action[key] for key in KEPT}


def not_kept(action):
    """What freezer-api cannot keep of an action: other keys, and what it would make up otherwise."""
    keys = action.keys() - set(KEPT + MADE)
    inner = action["freezer_action"]
    if bool(action["mandatory"]) != bool(inner.get("mandatory")):
        keys.add("mandatory")
    if action["timeout"] not in (None, inner.get("timeout")):
        keys.add("timeout")
    return keys


def sql(text):
    return "'" + text.replace("'", "''") + "'"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--actiond", required=True, metavar="URL", help="where the actions are")
    options.add_argument("--freezer-api", required=True, metavar="URL", help="where they go")
    options.add_argument("--owners", metavar="FILE", help="statements for freezer-api's database")
    options.add_argument("projects", nargs="+", metavar="PROJECT_ID")
    given = options.parse_args()
    source, target = given.actiond.rstrip("/"), given.freezer_api.rstrip("/")
    written = removed = same = 0
    refused, owners, lost = [], [], set()
    for project in given.projects:
        here, there = actions(source, project), actions(target, project)
        for action_id in there.keys() - here.keys():
            status, answer = call("DELETE", f"{target}/v2/{project}/actions/{quote(action_id)}")
            if status == 204:
                removed += 1
            else:
                refused.append(f"{project} {action_id}: {status} {answer}")
        for action_id, action in here.items():
            lost |= not_kept(action)
            owner = f"UPDATE actions SET user_id = {sql(action['user_id'])} WHERE id = {sql(action_id)};"
            if action_id in there and document(there[action_id]) == document(action):
                same += 1
                if there[action_id]["user_id"] != action["user_id"]:
                    owners.append(owner)
                continue
            status, answer = call("POST", f"{target}/v2/{project}/actions/{quote(action_id)}", document(action))
            if status == 201:
                written += 1
                owners.append(owner)
            else:
                refused.append(f"{project} {action_id}: {status} {answer}")
    if given.owners:
        with open(given.owners, "w") as file:
            file.writelines(line + "\n" for line in owners)
    print(f"{written} actions written, {removed} removed, {same} were the same, {len(refused)} refused")
    no_file = owners and not given.owners
    if no_file:
        print("the owners of these actions are to be made right (--owners FILE):", file=sys.stderr)
        print(*owners, sep="\n", file=sys.stderr)
    if lost:
        print(f"freezer-api does not keep {', '.join(sorted(lost))} of an action", file=sys.stderr)
    for line in refused:
        print(f"refused: {line}", file=sys.stderr)
    sys.exit(3 if refused or no_file else 0)


main()
