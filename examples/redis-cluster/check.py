#!/usr/bin/env python3
"""Looks at all nodes, and fails with all that is wrong with them."""

import os
import subprocess

from action import carry_out, report
from cluster import Cluster, is_in_step, myself
from redis_cli import PROGRAM, Trouble


def check(_):
    cluster = Cluster()
    found = []
    for done, node in enumerate(cluster.nodes.values(), start=1):
        found += of_node(cluster, node)
        report(progress=90 * done / len(cluster.nodes))
    named = {f"{node.host}:{node.port}" for node in cluster.nodes.values()}
    strange = [member for id, member in cluster.view.items() if id not in cluster.ids and member.address not in named]
    found += [f"the node at {member.address} is in the cluster and not in actiond.toml" for member in strange]
    found += of_slots(cluster)
    if found:
        raise Trouble("; ".join(found))


def of_node(cluster, node):
    """What is wrong with a node by itself."""
    if node not in cluster.ids.values():
        return [f"{node.name} does not answer"]
    if cluster.id_of(node) not in cluster.view:
        return [f"{node.name} is not in the cluster: let it join, or take it out of actiond.toml"]
    if "cluster_state:ok" not in node.ask("CLUSTER INFO"):
        return [f"{node.name} says that the cluster does not serve all slots"]
    if not myself(node).is_master and not is_in_step(node):
        return [f"{node.name} does not follow its master"]
    return []


def of_slots(cluster):
    """What redis-cli finds: slots that nobody has, that are between two nodes, or on which nodes disagree."""
    node = next(node for id, node in cluster.ids.items() if id in cluster.view)
    command = [*PROGRAM, "--cluster", "check", f"{node.host}:{node.port}"]
    without_colours = os.environ | {"TERM": "dumb"}
    said = subprocess.run(command, env=without_colours, capture_output=True, text=True, timeout=60).stdout
    marks = ("[ERR] ", "[WARNING] ")
    return [line.removeprefix(mark) for line in said.splitlines() for mark in marks if line.startswith(mark)]


carry_out(check)
