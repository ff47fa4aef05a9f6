"""Drives the embedded identity with keystoneauth and with the openstack command.

Called as: clients.py URL FOLDER. The server has the user alice, whose password is "long enough": a member of
the project alpha, whose id is 0a1b, and a reader of beta.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from keystoneauth1 import exceptions, session
from keystoneauth1.identity import generic, v3

URL, FOLDER = sys.argv[1], Path(sys.argv[2])
PASSWORD = "long enough"
DOMAINS = {"user_domain_name": "Default", "project_domain_name": "Default"}


def refused(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind:
        return
    raise AssertionError(f"{kind} expected")


def keystoneauth():
    """Discovery from the root and from /v3, both methods, every way to name a project."""
    for auth_url in (URL, f"{URL}/", f"{URL}/v3", f"{URL}/v3/"):
        auth = generic.Password(auth_url, username="alice", password=PASSWORD, project_name="alpha", **DOMAINS)
        keystone = session.Session(auth)
        access = auth.get_access(keystone)
        assert (access.project_id, access.project_name, access.role_names) == ("0a1b", "alpha", ["member"])
        assert keystone.get_endpoint(service_type="backup", interface="public") == URL
        assert keystone.get_endpoint(service_type="identity", interface="internal", region_name="RegionOne") == f"{URL}/v3"
        data = keystone.get_endpoint_data(service_type="identity", min_version="3", max_version="3.latest")
        assert data.api_version == (3, 14), data.api_version
    by_id = v3.Password(f"{URL}/v3", user_id=access.user_id, password=PASSWORD, project_id="0a1b")
    assert by_id.get_access(session.Session()).project_name == "alpha"
    unscoped = v3.Password(f"{URL}/v3", username="alice", password=PASSWORD, user_domain_id="default", unscoped=True)
    first = unscoped.get_access(session.Session())
    assert not first.scoped and first.project_id is None
    other = generic.Token(URL, token=first.auth_token, project_name="beta", project_domain_id="default")
    second = other.get_access(session.Session())
    assert (second.project_id, second.role_names) == ("beta", ["reader"])
    assert second.audit_chain_id == first.audit_id and second.expires == first.expires
    own = session.Session(unscoped).get(f"{URL}/v3/auth/projects").json()
    assert [project["name"] for project in own["projects"]] == ["alpha", "beta"], own
    for wrong in ({"password": "wrong"}, {"project_name": "gamma"}, {"user_domain_name": "other"}):
        settings = {"username": "alice", "password": PASSWORD, "project_name": "alpha", **DOMAINS, **wrong}
        refused(exceptions.Unauthorized, generic.Password(URL, **settings).get_access, session.Session())
    system = v3.Password(f"{URL}/v3", username="alice", password=PASSWORD, user_domain_id="default", system_scope="all")
    refused(exceptions.Unauthorized, system.get_access, session.Session())


def openstack(*arguments, fails=False, **environment):
    settings = {
        "PATH": os.environ["PATH"], "HOME": str(FOLDER), "LANG": "C.UTF-8", "COLUMNS": "300",
        "OS_AUTH_URL": URL, "OS_USERNAME": "alice", "OS_PASSWORD": PASSWORD, "OS_PROJECT_NAME": "alpha",
        "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default", **environment,
    }
    command = [Path(sys.executable).parent / "openstack", *arguments]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)
    assert (done.returncode != 0) == fails, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr if fails else done.stdout


def commands():
    """What people type first."""
    token = json.loads(openstack("token", "issue", "-f", "json"))
    assert token["project_id"] == "0a1b" and len(token["id"]) > 20, token
    projects = json.loads(openstack("project", "list", "-f", "json"))
    assert {(project["ID"], project["Name"]) for project in projects} == {("0a1b", "alpha"), ("beta", "beta")}, projects
    assert json.loads(openstack("backup", "action", "list", "-f", "json"))[0]["Action ID"] == ""
    openstack("token", "revoke", token["id"])
    by_token = {"OS_AUTH_TYPE": "token", "OS_TOKEN": token["id"], "OS_USERNAME": "", "OS_PASSWORD": "",
                "OS_USER_DOMAIN_NAME": ""}
    assert "Failed to validate token (HTTP 404)" in openstack("token", "issue", fails=True, **by_token)


keystoneauth()
commands()
