"""What was typed into a form: read value by value, with an error at each field that is wrong."""

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _

LARGEST_NUMBER = 100_000_000


class Errors(dict[str, list[str]]):
    """Messages by field; looking at a field without any makes no entry."""

    def __missing__(self, name: str) -> list[str]:
        return []


class Typed:
    """`values` as they were typed or stored, for the form; `errors` by the field's name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.errors = Errors()

    def refuse(self, name: str, words: object) -> None:
        self.errors.setdefault(name, []).append(str(words))

    def text(self, name: str, longest: int) -> str:
        text = " ".join(self.values.get(name, "").replace("\0", "").split())
        if len(text) > longest:
            self.refuse(name, _("At most %(most)s characters.", most=longest))
        return text[:longest]

    def choice(self, name: str, choices: Collection[str], usual: str) -> str:
        chosen = self.values.get(name, "")
        return chosen if chosen in choices else usual

    def flag(self, name: str) -> bool:
        return self.values.get(name) == "yes"

    def number(self, name: str, low: int, high: int = LARGEST_NUMBER) -> int | None:
        """Return a whole number; None where the field is empty or wrong."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        plain = text.replace(",", "")
        number = int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 12 else None
        if number is None or not low <= number <= high:
            words = _("Write a whole number from %(low)s to %(high)s.", low=low, high=f"{high:,}")
            self.refuse(name, words)
            return None
        return number

    def needed(self, name: str, low: int, high: int = LARGEST_NUMBER) -> int | None:
        """Return a whole number, and complain where the field is empty."""
        if not self.values.get(name, "").strip():
            self.refuse(name, _("Fill this in."))
        return self.number(name, low, high)


def as_text(value: Any) -> str:
    """Return a stored value as a field shows it."""
    if value is None or value is False:
        return ""
    return "yes" if value is True else str(value)
