"""Drives a server with python-freezerclient: the library, the freezer and the openstack command.

Called as: actions.py URL FOLDER, with the variables AUTH_URL, PASSWORD and ALPHA. At AUTH_URL there are the
users alice (member of the project alpha), bob (member of beta) and rita (reader of alpha), with this password.
ALPHA is the id of alpha. The catalog has identity and the server, as backup.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from freezerclient import exceptions
from freezerclient.v2.client import Client

URL, FOLDER = sys.argv[1], Path(sys.argv[2])
AUTH_URL, PASSWORD, ALPHA = (os.environ[name] for name in ["AUTH_URL", "PASSWORD", "ALPHA"])


def client(user, project, **more):
    """The library, logged in by password as the command would be."""
    return Client(
        username=user, password=PASSWORD, project_name=project, auth_url=AUTH_URL,
        user_domain_name="Default", project_domain_name="Default", endpoint_type="public", **more,
    )


def refused(status, call, *arguments, **named):
    """The call must be refused with this status; answers the message."""
    try:
        call(*arguments, **named)
    except exceptions.ApiClientException as error:
        assert error.status_code == status, f"{status} expected: {error}"
        return str(error)
    raise AssertionError(f"{status} expected, but it succeeded")


def library():
    """Every method of the actions manager."""
    alice = client("alice", "alpha").actions
    made = alice.create({
        "freezer_action": {
            "action": "backup", "mode": "fs", "backup_name": "nightly", "storage": "local",
            "path_to_backup": "/srv/d\u00e4ta", "container": "/backups", "big": 2**80,
        },
        "max_retries": 3,
    })
    assert len(made) == 32
    seen = alice.get(made)
    assert seen["action_id"] == made and seen["project_id"] == ALPHA, seen
    assert seen["max_retries"] == 3 and seen["max_retries_interval"] == 6, seen
    assert seen["freezer_action"]["path_to_backup"] == "/srv/d\u00e4ta"
    assert seen["freezer_action"]["big"] == 2**80
    assert seen["freezer_action"]["log_file"] is None

    named = alice.create({"action_id": "named", "freezer_action": {"action": "restore"}})
    assert named == "named", "a file with an id is created through replace"
    again = alice.create({"action_id": "named", "freezer_action": {"action": "info"}})
    assert again == "named" and alice.get("named")["freezer_action"]["action"] == "info"
    assert alice.get("named")["_version"] == 2

    assert [row["action_id"] for row in alice.list()] == [made, "named"]
    assert [row["action_id"] for row in alice.list(limit=1, offset=1)] == ["named"]
    found = alice.list(search={"match": [{"mode": "fs"}, {"backup_name": "nightly"}]})
    assert [row["action_id"] for row in found] == [made]
    found = alice.list(search={"match_not": [{"mode": "fs"}]})
    assert [row["action_id"] for row in found] == ["named"]
    found = alice.list(search={"match": [{"_all": '[{"action": "info"}]'}]})
    assert [row["action_id"] for row in found] == ["named"]
    assert alice.list(search={"match": [{"mode": "nova"}]}) == []

    assert alice.update(made, {"freezer_action": {"mode": "mysql"}, "max_retries": 9}) == 2
    seen = alice.get(made)
    assert seen["freezer_action"]["mode"] == "mysql" and seen["max_retries"] == 9
    assert seen["freezer_action"]["backup_name"] == "nightly", "an update merges"
    # The client sends back what it has read.
    assert alice.update(made, seen) == 3

    assert "not one of" in refused(400, alice.create, {"freezer_action": {"action": "bogus"}})
    assert "'freezer_action' is a required property" in refused(400, alice.create, {"max_retries": 1})
    refused(404, alice.update, "nosuch", {})
    assert alice.get("nosuch") is None
    alice.delete("named")
    alice.delete("named")
    assert alice.get("named") is None

    bob = client("bob", "beta").actions
    assert bob.list() == [] and bob.get(made) is None
    rita = client("rita", "alpha").actions
    assert rita.get(made)["action_id"] == made
    assert "not allowed" in refused(403, rita.delete, made)
    by_id = client("alice", None, project_id=ALPHA).actions
    assert by_id.get(made)["action_id"] == made
    # An endpoint that is given, without the catalog.
    direct = client("alice", "alpha", endpoint=f"{URL}/").actions
    assert direct.get(made)["action_id"] == made
    alice.delete(made)
    assert alice.list() == []


def freezer(*arguments, **how):
    """Runs the freezer command."""
    return run("freezer", *arguments, **how)


def run(program, *arguments, user="alice", project="alpha", password=PASSWORD, fails=False):
    """Runs a command that must succeed, or fail; answers what it writes."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(FOLDER), "LANG": "C.UTF-8", "COLUMNS": "300",
        "OS_AUTH_URL": AUTH_URL, "OS_USERNAME": user, "OS_PASSWORD": password,
        "OS_PROJECT_NAME": project, "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    command = [Path(sys.executable).parent / program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == fails, f"{program} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr if fails else done.stdout


def file(name, document):
    path = FOLDER / name
    path.write_text(json.dumps(document))
    return str(path)


def command():
    """The freezer command, as a person would use it."""
    nightly = file("nightly.json", {
        "freezer_action": {"action": "backup", "mode": "fs", "backup_name": "nightly", "path_to_backup": "/srv"},
        "max_retries": 2,
    })
    made = json.loads(freezer("action-create", "--file", nightly, "-f", "json"))
    assert made["Name"] == "nightly" and made["Max_retries"] == 2 and made["Project_id"] == ALPHA, made
    action = made["Action ID"]
    other = file("other.json", {"action_id": "other", "freezer_action": {"action": "exec", "backup_name": "weekly"}})
    table = freezer("action-create", "--file", other)
    assert "| Action ID " in table and "| other " in table, table

    rows = json.loads(freezer("action-list", "-f", "json"))
    assert [row["Action ID"] for row in rows] == [action, "other"], rows
    assert [row["Name"] for row in rows] == ["nightly", "weekly"], rows
    search = json.dumps([{"backup_name": "nightly"}])
    rows = json.loads(freezer("action-list", "--search", search, "-f", "json"))
    assert [row["Action ID"] for row in rows] == [action], rows
    rows = json.loads(freezer("action-list", "--search", "WEEK", "-f", "json"))
    assert [row["Action ID"] for row in rows] == ["other"], rows
    rows = json.loads(freezer("action-list", "--limit", "1", "--offset", "1", "-f", "json"))
    assert [row["Action ID"] for row in rows] == ["other"], rows

    shown = json.loads(freezer("action-show", action, "-f", "json"))
    assert shown == made, shown
    change = file("change.json", {"freezer_action": {"mode": "mongo"}, "max_retries": 7})
    changed = json.loads(freezer("action-update", action, change, "-f", "json"))
    assert (changed["Mode"], changed["Max_retries"], changed["Name"]) == ("mongo", 7, "nightly"), changed
    freezer("action-delete", action)
    freezer("action-delete", "other")
    assert "Action not found" in freezer("action-show", action, fails=True)
    rows = json.loads(freezer("action-list", "-f", "json"))
    assert [row["Action ID"] for row in rows] == [""], "an empty list"

    bogus = file("bogus.json", {"freezer_action": {"action": "bogus"}})
    assert "Error 400" in freezer("action-create", "--file", bogus, fails=True)
    assert "401" in freezer("action-list", password="wrong", fails=True)
    assert "401" in freezer("action-list", project="beta", fails=True)


def openstack():
    """The openstack command, with the plugin of python-freezerclient."""
    token = json.loads(run("openstack", "token", "issue", "-f", "json"))
    assert token["project_id"] == ALPHA and len(token["id"]) > 20, token
    catalog = json.loads(run("openstack", "catalog", "list", "-f", "json"))
    assert {entry["Type"] for entry in catalog} == {"backup", "identity"}, catalog
    weekly = file("weekly.json", {"action_id": "weekly", "freezer_action": {"action": "backup"}})
    made = json.loads(run("openstack", "backup", "action", "create", "--file", weekly, "-f", "json"))
    assert made["Action ID"] == "weekly", made
    rows = json.loads(run("openstack", "backup", "action", "list", "-f", "json"))
    assert [row["Action ID"] for row in rows] == ["weekly"], rows
    shown = json.loads(run("openstack", "backup", "action", "show", "weekly", "-f", "json"))
    assert shown == made, shown
    change = file("change.json", {"freezer_action": {"container": "tapes"}, "max_retries": 4})
    changed = json.loads(run("openstack", "backup", "action", "update", "weekly", change, "-f", "json"))
    assert (changed["Container"], changed["Max_retries"], changed["Action"]) == ("tapes", 4, "backup"), changed
    rows = json.loads(run("openstack", "backup", "action", "list", "--search", "TAPE", "-f", "json"))
    assert [row["Action ID"] for row in rows] == ["weekly"], rows
    run("openstack", "backup", "action", "delete", "weekly")
    assert "Action not found" in run("openstack", "backup", "action", "show", "weekly", fails=True)
    assert "401" in run("openstack", "token", "issue", password="wrong", fails=True)


library()
command()
openstack()
