"""Moves slots from one master to another."""

import os
import time

from action import report, stop_if_cancelled
from cluster import is_in_maintenance, myself
from redis_cli import Trouble, quoted

# How many keys are moved with one command.
BATCH = 100
# How long that may take, in seconds.
PATIENCE = 60


def plan(owned, leaving=None):
    """Which slots to move from where to where, so that all masters but one that is leaving have the same number."""
    staying = sorted((node for node in owned if node is not leaving), key=lambda node: -len(owned[node]))
    each, more = divmod(sum(map(len, owned.values())), len(staying))
    share = {node: each + (place < more) for place, node in enumerate(staying)}
    spare = iter([(slot, node) for node, slots in owned.items() for slot in slots[share.get(node, 0) :]])
    missing = [(node, share[node] - len(owned[node])) for node in staying]
    return [(*next(spare), node) for node, count in missing for _ in range(count)]


def move(cluster, slot, source, target):
    """Moves one slot with its keys. Can be done again when it was broken off."""
    source_id, target_id = cluster.id_of(source), cluster.id_of(target)
    target.tell("CLUSTER SETSLOT", slot, "IMPORTING", source_id)
    source.tell("CLUSTER SETSLOT", slot, "MIGRATING", target_id)
    host, port = cluster.view[target_id].address.rsplit(":", 1)
    password = os.environ.get("REDISCLI_AUTH")
    auth = ["AUTH", quoted(password)] if password else []
    while keys := source.items("CLUSTER GETKEYSINSLOT", slot, BATCH):
        words = ["MIGRATE", host, port, '""', 0, PATIENCE * 1000, "REPLACE", *auth, "KEYS", *keys]
        source.tell(*words, accept=("OK", "NOKEY"), patience=PATIENCE + 5)
    # The new owner first: from then on nobody believes the old one, which may know already. With its last slot it has
    # become a replica, and cannot be told.
    target.tell("CLUSTER SETSLOT", slot, "NODE", target_id)
    try:
        source.tell("CLUSTER SETSLOT", slot, "NODE", target_id)
    except Trouble:
        if slot in myself(source).slots:
            raise


def settle(cluster):
    """Brings a cluster to where slots can be moved, whatever broke off the last time that some were; answers the
    masters."""
    found = {node: myself(node) for node in cluster.ids.values()}
    for node, member in found.items():
        for slot in member.open:
            # Redis does not let a node that waits for a slot know when the slot's owner has died and has a successor.
            owner = next((other for other, seen in found.items() if slot in seen.slots), node)
            if owner is not node:
                node.tell("CLUSTER SETSLOT", slot, "NODE", cluster.id_of(owner))
    cluster.settle()
    masters = cluster.masters()
    close(cluster, masters)
    return masters


def close(cluster, masters):
    """Closes the slots that were left between two nodes: moved on if a key was, else left where they are."""
    found = {node: myself(node) for node in masters}
    for slot in sorted(set().union(*(member.open for member in found.values()))):
        report(message=f"slot {slot} was left between two nodes: closing it")
        owner = next((node for node, member in found.items() if slot in member.slots), None)
        if owner is None:
            raise Trouble(f"nobody has slot {slot}: redis-cli --cluster fix gives it to somebody")
        for holder in [node for node in masters if node.items("CLUSTER GETKEYSINSLOT", slot, 1)]:
            if holder is not owner:
                move(cluster, slot, owner, holder)
                owner = holder
        for node in masters:
            node.tell("CLUSTER SETSLOT", slot, "STABLE")


def carry(cluster, moves, per_second=None):
    """Makes these moves, and says how far it is; a cancel is obeyed between two slots."""
    done = 0
    begun = time.monotonic()
    report(message=f"{len(moves)} slots to move")
    for slot, source, target in moves:
        stop_if_cancelled()
        try:
            move(cluster, slot, source, target)
        except Trouble as trouble:
            raise Trouble(explain(trouble, slot, source, target, done, len(moves))) from trouble
        done += 1
        report(progress=100 * done / len(moves))
        if per_second:
            time.sleep(max(0, begun + done / per_second - time.monotonic()))


def explain(trouble, slot, source, target, done, of):
    """A failure in words that say what to do."""
    silent = [node.name for node in (source, target) if not node.is_there()]
    why = f"{' and '.join(silent)} does not answer" if silent else str(trouble)
    return (
        f"{why}. {done} of {of} slots were moved; slot {slot} was on its way from {source.name} to {target.name}, and "
        "Redis may not find its keys until it is there. Give the cluster a minute to put a replica in the place of who "
        "is gone, then start rebalance: it moves that slot first, and goes on."
    )


def owned(masters):
    """The slots of each master that may have some."""
    found = {node: myself(node).slots for node in masters}
    return {node: slots for node, slots in found.items() if slots or not is_in_maintenance(node)}
