#!/usr/bin/env python3
"""Changes who is the master: a replica takes its master's place, a master gives its place to its replica."""

from action import carry_out, report
from cluster import Cluster, is_in_maintenance, promote
from redis_cli import Trouble


def change_master(parameters):
    cluster = Cluster()
    node = cluster.node(parameters["node_uid"])
    if cluster.view[cluster.id_of(node)].is_master:
        node = cluster.replica(node)
    elif is_in_maintenance(node):
        raise Trouble(f"{node.name} is in maintenance: end that first")
    report(message=f"{node.name} becomes a master")
    promote(cluster, node)


carry_out(change_master)
