"""Redis servers, asked through redis-cli.

REDIS_CLI in the environment is the program with more flags, such as "redis-cli --tls"; REDISCLI_AUTH is
the password, which redis-cli reads by itself, as it is.
"""

import os
import shlex
import subprocess
import threading

PROGRAM = shlex.split(os.environ.get("REDIS_CLI", "redis-cli"))
# Asked for behind each command: the answer says that there is no more of the one before.
END = ("ECHO end-of-answer", '"end-of-answer"')
# What redis-cli says, and goes on, when it cannot reach the server, and when that does not take the password.
SILENCE = ("Could not connect", "Error: ")
REFUSAL = ("AUTH failed", "(error) NOAUTH")
# What it says of a line that it cannot take apart into words.
NONSENSE = "Invalid argument(s)"


class Trouble(Exception):
    """Why something cannot be done, in words for the operator."""


class Refused(Trouble):
    """The server is there, and does not take the password."""


def quoted(text):
    """A text from the environment as a word of a line for redis-cli, whatever is in it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in os.fsencode(text)) + '"'


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
        if lines and lines[0].startswith(("(error) ", NONSENSE)):
            # Redis repeats the words of what it does not know, and one may be the password.
            said = lines[0].removeprefix("(error) ").partition(", with args beginning with")[0]
            raise Trouble(f"{self.name}: {said}")
        return lines

    def tell(self, *words, accept=("OK",), patience=10):
        """Has the server do something that it is to answer with one of these words."""
        said = self.ask(*words, patience=patience)
        if len(said) != 1 or said[0] not in accept:
            raise self.strange(words[0], said)

    def text(self, *words):
        """The one text of an answer, without its quotes."""
        said = self.ask(*words)
        if len(said) != 1:
            raise self.strange(words[0], said)
        return said[0].strip('"')

    def items(self, *words):
        """The texts of an answer that is a list, in their quotes."""
        lines = [line for line in self.ask(*words) if line != "(empty array)"]
        if not all(") " in line for line in lines):
            raise self.strange(words[0], lines)
        return [line.split(") ", 1)[1] for line in lines]

    def info(self, section):
        """The fields of a section of INFO."""
        return dict(line.split(":", 1) for line in self.ask("INFO", section) if ":" in line)

    def config(self, name):
        """A setting of the server."""
        said = self.items("CONFIG GET", name)
        if len(said) != 2:
            raise self.strange("CONFIG GET", said)
        return said[1].strip('"')

    def answers(self):
        """Whether it does. One that refuses the password has to be told another."""
        try:
            return self.ask("PING", patience=2) == ["PONG"]
        except Refused:
            raise
        except Trouble:
            return False

    def is_there(self):
        """Whether it answers, or refuses to."""
        try:
            return self.answers()
        except Refused:
            return True

    def strange(self, command, lines):
        """The trouble with an answer that cannot be understood."""
        return Trouble(f"{self.name}: {command} was answered with {' '.join(lines)[:100]!r}")

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
        if line.startswith(SILENCE + REFUSAL):
            self.close()
            kind = Refused if line.startswith(REFUSAL) else Trouble
            raise kind(f"{self.name}: {line.strip()}")
        return line.strip()

    def _connect(self):
        # In a session of its own: a SIGTERM to the action's process group does not end it in the middle of a slot.
        return subprocess.Popen(
            [*PROGRAM, "-h", self.host, "-p", self.port, "--no-raw"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="ascii",
            errors="backslashreplace",
            start_new_session=True,
        )
