"""The cluster: its nodes, as actiond.toml names them, and what Redis says of them."""

import time
import tomllib
from pathlib import Path

from action import report
from redis_cli import Node, Trouble

SLOTS = 16384
SETTINGS = Path(__file__).with_name("actiond.toml")


class Member:
    """A line of CLUSTER NODES: what one node says of another, or of itself."""

    def __init__(self, line):
        self.id, address, flags, master, _, _, _, self.link, *slots = line.split()
        self.address = address.split("@")[0]
        self.flags = set(flags.split(","))
        self.master = None if master == "-" else master
        self.slots = [slot for words in slots if not words.startswith("[") for slot in numbers(words)]
        self.open = {int(words[1:].split("-")[0]) for words in slots if words.startswith("[")}

    @property
    def is_master(self):
        return "master" in self.flags

    @property
    def has_failed(self):
        return bool(self.flags & {"fail", "noaddr"})


def numbers(words):
    """The numbers of "5", or of "5-7"."""
    first, _, last = words.partition("-")
    return range(int(first), int(last or first) + 1)


def members(node):
    """What a node says of all nodes that it knows, by their ids."""
    lines = node.ask("CLUSTER NODES")
    try:
        return {member.id: member for member in map(Member, filter(None, lines))}
    except ValueError:
        raise node.strange("CLUSTER NODES", lines) from None


def myself(node):
    """What a node says of itself."""
    return next(member for member in members(node).values() if "myself" in member.flags)


class Cluster:
    """The nodes of actiond.toml, and what one of them knows that is in the cluster."""

    def __init__(self):
        """Looks at all nodes, as they are."""
        with SETTINGS.open("rb") as file:
            nodes = tomllib.load(file)["cluster"]["nodes"]
        self.nodes = {node["uid"]: Node(node["uid"], node["address"]) for node in nodes}
        answering = [node for node in self.nodes.values() if node.answers()]
        self.ids = {node.text("CLUSTER MYID"): node for node in answering}
        # Who was removed, or has not joined yet, knows nobody.
        self.view = max((members(node) for node in answering), key=len, default={})
        if len(self.view) < 2:
            raise Trouble("no node answers that is in a cluster: look whether the nodes of actiond.toml run")

    def settle(self):
        """Waits until all nodes serve requests, and agree on who has which slots: who has just come is a few seconds
        late. What does not settle by itself is for `redis-cli --cluster fix`."""
        present = [node for id, node in self.ids.items() if id in self.view]
        for node in present:
            serves = lambda: "cluster_state:ok" in node.ask("CLUSTER INFO")
            until(f"{node.name} serves requests", serves, why=lambda: what_fails(node))
        until("all nodes agree on who has which slots", lambda: len({owners(node) for node in present}) == 1)
        self.view = members(present[0])

    def node(self, uid):
        """The node with a uid, which must answer and be in the cluster."""
        node = self.nodes.get(uid)
        if node is None:
            raise Trouble(f"there is no node {uid}: actiond.toml has {', '.join(self.nodes)}")
        if node not in self.ids.values():
            raise Trouble(f"{node.name} does not answer")
        if self.id_of(node) not in self.view:
            raise Trouble(f"{node.name} is not in the cluster")
        return node

    def id_of(self, node):
        """What Redis calls a node."""
        return next(id for id, found in self.ids.items() if found is node)

    def at(self, id):
        """The node behind an id."""
        if id not in self.ids:
            raise Trouble(f"the node at {self.view[id].address} is not in actiond.toml, or does not answer")
        return self.ids[id]

    def masters(self):
        """All nodes that have slots, or may be given some."""
        lost = [member.address for member in self.view.values() if member.has_failed and member.slots]
        if lost:
            raise Trouble(f"the master at {lost[0]} has failed, and no replica has taken its slots")
        found = [id for id, member in self.view.items() if member.is_master and not member.has_failed]
        return [self.at(id) for id in found]

    def replica(self, node):
        """The replica that is to take a node's place: the one that lags least."""
        mine = [id for id, member in self.view.items() if member.master == self.id_of(node)]
        fit = [self.ids[id] for id in mine if id in self.ids and not is_in_maintenance(self.ids[id])]
        if not within(10, lambda: any(map(is_in_step, fit))):
            raise Trouble(f"{node.name} has no replica that follows it and is not in maintenance: give it one first")
        fit = [replica for replica in fit if is_in_step(replica)]
        return max(fit, key=lambda replica: int(replica.info("replication")["slave_repl_offset"]))


def owners(node):
    """What a node says of who has which slots, to be compared."""
    masters = [member for member in members(node).values() if member.is_master and not member.has_failed]
    return frozenset((member.id, tuple(member.slots)) for member in masters)


def is_in_step(replica):
    """Whether it follows its master."""
    return replica.info("replication").get("master_link_status") == "up"


def is_in_maintenance(node):
    """Whether it is kept from taking a master's place."""
    return node.config("cluster-replica-no-failover") == "yes"


def within(seconds, holds):
    """Waits until something holds, and answers whether it does in that time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def until(what, holds, why=lambda: "", seconds=30):
    """Waits until something holds, which it must, and says why it does not."""
    if not within(seconds, holds):
        raise Trouble(f"waited {seconds} s in vain: {what}{why()}")


def what_fails(node):
    """Whom a node holds for lost, and how many slots nobody serves in its eyes."""
    view = members(node).values()
    lost = [member.address for member in view if member.has_failed]
    slots = SLOTS - sum(len(member.slots) for member in view if not member.has_failed)
    return f"; it holds {', '.join(lost) or 'nobody'} for lost, and {slots} slots for not served"


def promote(cluster, replica):
    """Lets a replica take its master's place, and looks whether it has: at all nodes, since Redis takes it back again
    when the masters have voted too short a time ago. They do so once in two node timeouts for each master's place."""
    id, before = cluster.id_of(replica), cluster.view[cluster.id_of(replica)].master
    old = cluster.at(before) if not cluster.view[before].has_failed else None
    command = "CLUSTER FAILOVER" if old else "CLUSTER FAILOVER FORCE"

    def views():
        return [view for view in map(members, cluster.ids.values()) if id in view]

    def is_elected():
        return all(view[id].is_master and not view[before].slots for view in views())

    timeout = int(replica.config("cluster-node-timeout")) / 1000
    end = time.monotonic() + 2 * timeout + 15
    replica.tell(command)
    # Redis itself gives up after five seconds.
    while not within(6, is_elected):
        if time.monotonic() > end:
            raise Trouble(f"the masters have not elected {replica.name}: its log says why")
        if not myself(replica).is_master:
            report(message=f"the masters have not elected {replica.name} yet; they are asked again")
            replica.tell(command)
    if old:
        until(f"everybody knows that {old.name} follows", lambda: all(view[before].master == id for view in views()))
        until(f"{old.name} follows {replica.name}", lambda: is_in_step(old))
