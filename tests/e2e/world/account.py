"""The file that a world is kept in: what is there, what was done in which order, and what is to go wrong.

One SQLite file holds one account in one Region. Every change is one transaction, so that several providers may work on
one world at once, and one that dies leaves no half of a change.
"""

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Properties = Mapping[str, Any]

_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE resources (
  type TEXT NOT NULL, id TEXT NOT NULL, urn TEXT NOT NULL, inputs TEXT NOT NULL, outputs TEXT NOT NULL,
  PRIMARY KEY (type, id)
);
CREATE TABLE operations (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, urn TEXT NOT NULL,
  inputs TEXT NOT NULL, outputs TEXT NOT NULL, error TEXT NOT NULL
);
CREATE TABLE faults (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, after INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
  late INTEGER NOT NULL
);
"""


@dataclass(frozen=True)
class Held:
    """A resource that is there; ``urn`` is empty for one that somebody made by hand.

    ``inputs`` are the properties that can be set, as they are now, ``outputs`` what AWS decided.
    """

    type: str
    id: str
    urn: str
    inputs: Properties
    outputs: Properties

    @property
    def name(self) -> str:
        """Its logical name, the last part of its URN; its id where it has none."""
        return self.urn.rpartition("::")[2] or self.id

    def get(self, name: str) -> Any:
        """A property, set or decided."""
        return self.inputs.get(name, self.outputs.get(name))


@dataclass(frozen=True)
class Operation:
    """One thing that was done, or tried: ``kind`` is "create", "update" or "delete", ``error`` why it was not done.

    ``inputs`` and ``outputs`` are the resource's afterwards. Operations by hand have kinds that end in " by hand".
    """

    number: int
    kind: str
    held: Held
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether it changed anything."""
        return not self.error

    def __str__(self) -> str:
        return f"{self.kind} {self.held.type.rpartition(':')[2]} {self.held.name}"


@dataclass(frozen=True)
class Fault:
    """What is to go wrong, once, at an operation that comes.

    ``kind`` is "error", "throttled", "hang", "death" (of the provider) or "kill" (of the command line, then of the
    provider). ``after`` operations pass before it, counted among those of ``type`` and of a logical ``name`` where they
    are given. A ``late`` one strikes when AWS has done what it was asked: only the answer is lost.
    """

    kind: str
    after: int = 0
    type: str = ""
    name: str = ""
    late: bool = False


class World:
    """One account in one Region. ``given`` things exist there without having been made here: see `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        # A test's file outlives its processes and not the machine, so nothing waits for the disk.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._depth = 0

    @staticmethod
    def create(
        path: Path, account: str, region: str, zones: Sequence[str], given: Sequence[str] = (), **quotas: int
    ) -> "World":
        """A new world with nothing in it. ``given`` are ids and ARNs that exist: transit gateways, roles and the like.

        ``quotas`` are those that AWS has raised, by their names in `table.QUOTAS`.
        """
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            settings = {"account": account, "region": region, "zones": list(zones), "given": list(given)}
            for name, value in {**settings, "quotas": quotas}.items():
                connection.execute("INSERT INTO settings VALUES (?, ?)", (name, json.dumps(value)))
            connection.commit()
        return World(path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def copy(self, path: Path) -> "World":
        """The same world as it is now, in another file."""
        with contextlib.closing(sqlite3.connect(path)) as other, self._lock:
            self._connection.backup(other)
            other.execute("PRAGMA journal_mode = WAL")
        return World(path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is one change; nobody else changes anything meanwhile."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    # What is there

    def setting(self, name: str) -> Any:
        """One of the settings that `create` wrote."""
        (value,) = self._one("SELECT value FROM settings WHERE name = ?", name)
        return json.loads(value)

    def resources(self, *types: str) -> list[Held]:
        """What is there of some types, of all where none is given."""
        where = f" WHERE type IN ({', '.join('?' * len(types))})" if types else ""
        return [_held(row) for row in self._all(f"SELECT * FROM resources{where} ORDER BY type, id", *types)]  # noqa: S608

    def get(self, kind: str, identity: str) -> Held | None:
        """One resource."""
        found = self._all("SELECT * FROM resources WHERE type = ? AND id = ?", kind, identity)
        return _held(found[0]) if found else None

    def named(self, name: str, kind: str = "") -> Held:
        """The one resource with a logical name, of a type whose last part is ``kind``."""
        (found,) = [
            held for held in self.resources() if held.name == name and (not kind or held.type.endswith(f":{kind}"))
        ]
        return found

    def new_id(self, prefix: str, digits: int = 17) -> str:
        """An id that nothing has had, the same in every run of the same operations."""
        (count,) = self._one("SELECT count(*) FROM operations")
        seed = f"{self.setting('account')} {count} {prefix}"
        return f"{prefix}-{hashlib.sha256(seed.encode()).hexdigest()[:digits]}"

    # What is done

    def write(self, kind: str, held: Held, error: str = "") -> None:
        """Do an operation and write it down; with an ``error``, only write it down."""
        with self.transaction():
            row = (held.type, held.id, held.urn, json.dumps(held.inputs), json.dumps(held.outputs))
            if not error and kind.startswith("delete"):
                self._connection.execute("DELETE FROM resources WHERE type = ? AND id = ?", row[:2])
            elif not error:
                self._connection.execute("INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?)", row)
            self._connection.execute("INSERT INTO operations VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", (kind, *row, error))

    def operations(self, since: int = 0) -> list[Operation]:
        """What was done and tried after the operation with a number, in order."""
        rows = self._all("SELECT * FROM operations WHERE number > ? ORDER BY number", since)
        return [Operation(row[0], row[1], _held((row[2], *row[3:7])), row[7]) for row in rows]

    @property
    def now(self) -> int:
        """The number of the last operation, 0 before the first."""
        (number,) = self._one("SELECT coalesce(max(number), 0) FROM operations")
        return int(number)

    # What somebody does without Pulumi

    def make_by_hand(self, kind: str, identity: str, **inputs: Any) -> Held:
        """Something that somebody makes in the console."""
        held = Held(kind, identity, "", inputs, {})
        self.write("create by hand", held)
        return held

    def edit_by_hand(self, held: Held, **inputs: Any) -> Held:
        """Another value for some properties; None takes one away."""
        changed = {name: value for name, value in {**held.inputs, **inputs}.items() if value is not None}
        edited = Held(held.type, held.id, held.urn, changed, held.outputs)
        self.write("update by hand", edited)
        return edited

    def delete_by_hand(self, held: Held) -> None:
        """Gone, whatever needs it."""
        self.write("delete by hand", held)

    # What goes wrong

    def fault(self, *faults: Fault) -> None:
        """Arm more faults."""
        with self.transaction():
            for each in faults:
                self._connection.execute(
                    "INSERT INTO faults VALUES (NULL, ?, ?, ?, ?, ?)",
                    (each.kind, each.after, each.type, each.name, each.late),
                )

    def faults(self) -> list[Fault]:
        """Those that have not struck yet."""
        rows = self._all("SELECT kind, after, type, name, late FROM faults ORDER BY number")
        return [Fault(*row[:4], late=bool(row[4])) for row in rows]

    def disarm(self) -> None:
        """Nothing goes wrong any more."""
        with self.transaction():
            self._connection.execute("DELETE FROM faults")

    def next_fault(self, asked: Held) -> Fault | None:
        """What goes wrong with an operation now; it is counted against all faults that wait for one like it."""
        with self.transaction():
            struck = None
            for number, kind, after, wanted, name, late in self._all("SELECT * FROM faults ORDER BY number"):
                if wanted not in ("", asked.type) or name not in ("", asked.name):
                    continue
                if after > 0:
                    self._connection.execute("UPDATE faults SET after = after - 1 WHERE number = ?", (number,))
                elif struck is None:
                    self._connection.execute("DELETE FROM faults WHERE number = ?", (number,))
                    struck = Fault(kind, 0, wanted, name, bool(late))
            return struck

    def _all(self, query: str, *parameters: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def _one(self, query: str, *parameters: Any) -> Any:
        (row,) = self._all(query, *parameters)
        return row


def _held(row: Sequence[str]) -> Held:
    return Held(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]))
