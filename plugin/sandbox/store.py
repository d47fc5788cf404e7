"""The sandbox's data: JSON values by kind and key, in memory and optionally in a file."""

import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

Value = dict[str, Any]


class Store:
    """JSON values that survive a restart when `path` is given.

    Single calls are safe from any thread; `with store:` makes several calls one.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._kinds: dict[str, dict[str, Value]] = {}
        self._file = _open(path) if path else None
        for kind, key, value in self._rows():
            self._kinds.setdefault(kind, {})[key] = json.loads(value)

    def __enter__(self) -> "Store":
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def get(self, kind: str, key: object) -> Value | None:
        """Return the value itself, not a copy: `put` it again after changing it."""
        with self._lock:
            return self._kinds.get(kind, {}).get(str(key))

    def put(self, kind: str, key: object, value: Value) -> Value:
        with self._lock:
            self._kinds.setdefault(kind, {})[str(key)] = value
            if self._file is not None:
                text = json.dumps(value)
                self._write("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", kind, str(key), text)
        return value

    def delete(self, kind: str, key: object) -> Value | None:
        """Delete a value and return it."""
        with self._lock:
            self._write("DELETE FROM item WHERE kind = ? AND key = ?", kind, str(key))
            return self._kinds.get(kind, {}).pop(str(key), None)

    def all(self, kind: str) -> list[Value]:
        """Every value of a kind, oldest first."""
        with self._lock:
            return list(self._kinds.get(kind, {}).values())

    def keys(self, kind: str) -> list[str]:
        with self._lock:
            return list(self._kinds.get(kind, {}))

    def count(self, kind: str) -> int:
        with self._lock:
            return len(self._kinds.get(kind, {}))

    def next_id(self, kind: str, start: int = 1) -> int:
        """Return a number that is new for this kind."""
        with self._lock:
            counter = self.get("counter", kind) or {"next": start}
            self.put("counter", kind, {"next": counter["next"] + 1})
            return int(counter["next"])

    def clear(self) -> None:
        with self._lock:
            self._kinds.clear()
            self._write("DELETE FROM item")

    def close(self) -> None:
        """Write everything into the file itself; later changes are lost."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _rows(self) -> list[tuple[str, str, str]]:
        if self._file is None:
            return []
        return self._file.execute("SELECT kind, key, value FROM item ORDER BY rowid").fetchall()

    def _write(self, statement: str, *values: str) -> None:
        if self._file is not None:
            self._file.execute(statement, values)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    file.execute("PRAGMA journal_mode=WAL")
    # A stand-in may lose its last second when the power goes; a killed process loses nothing.
    file.execute("PRAGMA synchronous=OFF")
    file.execute(
        "CREATE TABLE IF NOT EXISTS item (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
    )
    return file
