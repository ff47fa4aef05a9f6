#!/usr/bin/env python3
"""Takes a node out of the cluster: first its slots, with their keys; its replicas go to other masters."""

import os
import subprocess

from action import carry_out
from cluster import Cluster, members, until
from redis_cli import PROGRAM, Trouble
from slots import carry, owned, plan, settle


def remove(parameters):
    cluster = Cluster()
    node = cluster.node(os.environ["ACTIOND_NODE_UID"])
    id = cluster.id_of(node)
    masters = settle(cluster)
    if node in masters:
        if len(masters) <= 3:
            raise Trouble(f"{node.name} is one of {len(masters)} masters, and a cluster needs three: add one first")
        carry(cluster, plan(owned(masters), leaving=node), parameters.get("max_slots_per_second"))
    others = [other for other in cluster.ids.values() if other is not node]
    delete = [*PROGRAM, "--cluster", "del-node", f"{others[0].host}:{others[0].port}", id]
    done = subprocess.run(delete, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Trouble(f"{node.name}: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    until(f"everybody has forgotten {node.name}", lambda: all(id not in members(other) for other in others))


carry_out(remove)
