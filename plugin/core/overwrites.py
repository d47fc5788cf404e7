"""Optimistic locking of forms: a change must be based on the values that are stored now."""

import hashlib
import json
from collections.abc import Mapping

# A fingerprint of each value by its name, so that a page can carry those of secrets.
Seen = Mapping[str, str]


class ChangedMeanwhile(Exception):
    """The row changed after the form was loaded; `names` lists the changed values."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


def fingerprint(value: object) -> str:
    text = json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(values: Mapping[str, object]) -> dict[str, str]:
    return {name: fingerprint(value) for name, value in values.items()}


def refuse_overwrite(seen: Seen | None, present: Mapping[str, object]) -> None:
    """Raise `ChangedMeanwhile` where values differ from those seen; call it with the row locked."""
    if seen is None:
        # The caller replaces whatever is stored.
        return
    now = fingerprints(present)
    names = frozenset(name for name, mark in now.items() if seen.get(name) != mark)
    if names:
        raise ChangedMeanwhile(names)
