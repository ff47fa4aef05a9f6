#!/usr/bin/env python3
"""Gives all masters the same number of slots, give or take one."""

from action import carry_out
from cluster import Cluster
from slots import carry, owned, plan, settle


def rebalance(parameters):
    cluster = Cluster()
    masters = settle(cluster)
    carry(cluster, plan(owned(masters)), parameters.get("max_slots_per_second"))


carry_out(rebalance)
