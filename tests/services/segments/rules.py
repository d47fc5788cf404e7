"""Random rules, and the values that people are given too."""

from random import Random
from typing import Any

from plugin.core.segments.fields import DAYS, FIELDS, NOTHING, OPERATORS, PAIR, SEVERAL

TYPES = {
    "city": "text",
    "age": "number",
    "birthday": "date",
    "seen": "datetime",
    "stage": "enumeration",
    "interests": "multiple",
    "vip": "boolean",
    "hubspot_owner_id": "owner",
}
TEXTS = {
    "city": ["Tokyo", " tokyo ", "TOKYO Bay", "大阪", "ŌSAKA", "ōsaka", "10%_x", "o", "'; --", ""],
    "age": [
        "18", "18.0", "1e2", "abc", "-3", "1.5.2", "007", "1e999", "９", "0.1", "[1]", "", "99",
        "1e-5", "9" * 120, " 5",
    ],
    "birthday": [
        "2026-12-24", "1980-02-29", "1609459200000", "-86400000", "soon", "2026-11-27", "",
        "2026-11-28T00:00:00Z", "2026-11-26", "2026-11-01", "12345678901234567",
    ],
    "seen": [
        "2026-11-27T08:59:59.123Z", "2026-11-23T09:29:00Z", "1763890140123", "-1500", "x", "",
        "2026-11-26T15:00:00Z", "2026-11-26T14:59:59Z", "2027-01-01T00:00:00Z", "2026-11-27",
    ],
    "stage": ["customer", "lead", "Customer", ""],
    "interests": ["a", "a;b", ";b;c", "ab;c", "abc", ""],
    "vip": ["true", "false", "TRUE", "", "yes"],
    "hubspot_owner_id": ["11", "12", ""],
}  # fmt: skip
DATES = ["2026-11-26", "2026-11-27", "2026-12-24", "1980-02-29", "2020-12-31", "2026-11-01"]
TAGS = ["vip", "a", 'quo"te', "会員", "back\\slash"]
ANSWERS = ["Yes", "yes ", "No", "たぶん", "maybe yes"]
STATUSES = ["following", "blocked", "unknown"]
METHODS = ["qr", "email", "manual"]
LANGUAGES = ["ja", "en", ""]


class Rules:
    """Rules at random. `known`: ids by type of field, which the people around have too."""

    def __init__(self, random: Random, known: dict[str, list[Any]]) -> None:
        self._random, self._known = random, known

    def rule(self, depth: int = 3) -> dict[str, Any]:
        """A condition, or a group with up to `depth` levels."""
        random = self._random
        if depth and random.random() < 0.75:
            inner = [self.rule(depth - 1) for _ in range(random.randint(1, 3))]
            return {random.choice(["all", "any", "none"]): inner}
        names = [name for name, field in FIELDS.items() if self._known.get(field.type, True)]
        name = random.choice([*names, *(f"hubspot.{name}" for name in TYPES), *names[:4]])
        type_ = FIELDS[name].type if name in FIELDS else TYPES[name.removeprefix("hubspot.")]
        return self._condition(name, type_)

    def _condition(self, name: str, type_: str) -> dict[str, Any]:
        op, shape = self._random.choice(list(OPERATORS[type_].items()))
        condition: dict[str, Any] = {"field": name, "op": op}
        values = self._values(name, type_)
        if shape == DAYS:
            condition["value"] = self._random.choice([1, 3, 30, 400])
        elif shape == PAIR:
            condition["value"] = sorted(self._random.choices(values, k=2))
        elif shape == SEVERAL:
            size = self._random.randint(1, min(3, len(values)))
            condition["value"] = self._random.sample(values, size)
        elif shape != NOTHING:
            condition["value"] = self._random.choice(values)
        dated = type_ in ("link", "broadcast", "question") and shape not in (DAYS, NOTHING)
        if op in ("joined_within_days", "left_within_days") or (
            dated and self._random.random() < 0.5
        ):
            condition["days"] = self._random.choice([1, 3, 30])
        return condition

    def _values(self, name: str, type_: str) -> list[Any]:
        plain = {
            "friend.status": STATUSES,
            "friend.language": ["ja", "en", "th"],
            "friend.tag": TAGS,
            "linkage.method": METHODS,
            "behaviour.answered": [each.strip() for each in ANSWERS],
            "friend.line_user_id": self._known["user"],
            "contact.id": self._known["contact"],
        }
        if name in plain:
            return plain[name]
        match type_:
            case "flag" | "boolean":
                return [True, False]
            case "moment" | "date" | "datetime":
                return DATES
            case "number":
                return [18, 18.5, -3, 100, 0.1, 1e-5]
            case "multiple":
                return ["a", "b", "c", "ab"]
            case "text" | "enumeration" | "owner":
                texts = TEXTS[name.removeprefix("hubspot.")]
                return [text.strip() for text in texts if text]
        return self._known[type_]
