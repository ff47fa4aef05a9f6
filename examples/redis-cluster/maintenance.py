#!/usr/bin/env python3
"""Maintenance of a node, "on" or "off": while it is on, the node has no slots and is not given any, so that
it can be stopped."""

import os
import sys

from action import carry_out, report
from cluster import Cluster, is_in_step, myself, promote, until


def maintenance(_):
    cluster = Cluster()
    node = cluster.node(os.environ["ACTIOND_NODE_UID"])
    if sys.argv[1] == "on":
        begin(cluster, node)
    else:
        end(node)


def begin(cluster, node):
    if myself(node).slots:
        replica = cluster.replica(node)
        report(message=f"{replica.name} takes the slots", progress=10)
        promote(cluster, replica)
    keep_back(node, "yes")


def end(node):
    keep_back(node, "no")
    if not myself(node).is_master:
        until(f"{node.name} follows its master", lambda: is_in_step(node))


def keep_back(node, yes_or_no):
    node.tell("CONFIG SET cluster-replica-no-failover", yes_or_no)
    # Beyond a restart, where Redis has a file to write that to.
    if node.info("server")["config_file"]:
        node.tell("CONFIG REWRITE")


carry_out(maintenance)
