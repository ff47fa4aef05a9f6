"""What actiond hears of an action, and what an action hears of it."""

import json
import signal
import sys

from redis_cli import Trouble

_is_cancelled = False


def _cancel(*_):
    global _is_cancelled
    _is_cancelled = True


def report(**words):
    """A line for actiond: progress (0 to 100), message, error_code, error_message."""
    print(json.dumps(words), flush=True)


def stop_if_cancelled():
    """To be called where the work can be left: ends it when that was asked for."""
    if _is_cancelled:
        sys.exit(128 + signal.SIGTERM)


def carry_out(work):
    """Does the work with the parameters of the request, and says why it fails."""
    signal.signal(signal.SIGTERM, _cancel)
    try:
        work(json.load(sys.stdin))
    except Trouble as trouble:
        report(error_code="redis_cluster", error_message=str(trouble))
        sys.exit(1)
