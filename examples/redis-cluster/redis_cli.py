"""Redis servers, asked through redis-cli.

REDIS_CLI in the environment is the program with more flags, such as "redis-cli --tls"; REDISCLI_AUTH is
the password, which redis-cli reads by itself.
"""

import os
import shlex
import subprocess
import threading

PROGRAM = shlex.split(os.environ.get("REDIS_CLI", "redis-cli"))
# Asked for behind each command: the answer says that there is no more of the one before.
END = ("ECHO end-of-answer", '"end-of-answer"')


class Trouble(Exception):
    """Why something cannot be done, in words for the operator."""


class Node:
    """A Redis server, and a redis-cli that stays connected to it."""

    def __init__(self, uid, address):
        self.uid = uid
        self.name = f"node {uid} ({address})"
        self.host, _, self.port = address.rpartition(":")
        self._cli = None

    def ask(self, *words, patience=10):
        """The lines that redis-cli shows of an answer, within so many seconds: texts that are data in quotes, escaped
        as it understands them. Words are sent as they are."""
        self._cli = self._cli or self._connect()
        timer = threading.Timer(patience, self._cli.kill)
        timer.start()
        try:
            print(*words, f"\n{END[0]}", file=self._cli.stdin, flush=True)
            lines = list(iter(self._line, END[1]))
        except (BrokenPipeError, EOFError):
            self.close()
            raise Trouble(f"{self.name}: no answer within {patience} s") from None
        finally:
            timer.cancel()
        if lines and lines[0].startswith("(error) "):
            raise Trouble(f"{self.name}: {lines[0].removeprefix('(error) ')}")
        return lines

    def items(self, *words):
        """The texts of an answer that is a list, in their quotes."""
        return [line.split(") ", 1)[1] for line in self.ask(*words) if line != "(empty array)"]

    def info(self, section):
        """The fields of a section of INFO."""
        return dict(line.split(":", 1) for line in self.ask("INFO", section) if ":" in line)

    def answers(self):
        """Whether it does."""
        try:
            return self.ask("PING", patience=2) == ["PONG"]
        except Trouble:
            return False

    def close(self):
        """Ends its redis-cli."""
        if self._cli:
            self._cli.kill()
            self._cli.communicate()
            self._cli = None

    def _line(self):
        line = self._cli.stdout.readline()
        if not line:
            raise EOFError
        # It says these when it cannot reach the server, and goes on.
        if line.startswith(("Could not connect", "Error: ")):
            self.close()
            raise Trouble(f"{self.name}: {line.strip()}")
        return line.strip()

    def _connect(self):
        # In a session of its own: a SIGTERM to the action's process group does not end it in the middle of a slot.
        return subprocess.Popen(
            [*PROGRAM, "-h", self.host, "-p", self.port, "--no-raw"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="ascii",
            start_new_session=True,
        )
