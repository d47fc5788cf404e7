"""Rules of segments.

A rule is a condition, `{"field": ..., "op": ..., "value": ...}`, or a group, `{"all": [...]}`,
`{"any": [...]}` or `{"none": [...]}`, of rules. What the conditions mean:

- Each is true or false for everybody. Where somebody has no value (a friend without a contact has
  none of HubSpot's), it is false, and so its opposite is true: `is_not`, `not_in`, `not_contains`,
  `not_within_days` and `unknown` include people without a value.
- An empty group chooses everybody, and is allowed at the top only.
- Texts are trimmed; letters from A to Z match in either case, all others as they are. The values
  of enumerations, owners, tags and languages match exactly.
- Of several values (tags, checkboxes that HubSpot separates by ";", lists, segments, links) `is`
  and `contains` ask for one, `in` for any, and `not_in` for none of those named.
- A number that is stored as another text than a number counts as no value, and likewise a date.
- A date is a day in the portal's time zone. `before` ends before that day, `after` begins after it,
  `between` includes both ends; with a time of day, `after` and `between` begin at that moment, and
  `before` and `between` end before it. `within_days` n begins n days ago and ends now, for dates
  today; `more_than_days_ago` is all before; `in_next_days` begins now, or today.
- `friend.followed_at` is known of friends who follow the account and were seen to begin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from plugin.core.segments.fields import NEGATIONS, Field
from plugin.core.segments.values import Value
from plugin.core.text.sentences import Sentence

GROUPS = ("all", "any", "none")
_BY_DAY = ("moment", "date", "datetime")


class RuleFault(NamedTuple):
    """What is wrong, and where: "all.0.any.2.value"; "" is the whole rule."""

    path: str
    message: Sentence


@dataclass(frozen=True)
class Condition:
    path: str
    field: Field
    op: str
    values: tuple[Value, ...] = ()
    # For `within_days` and its like, and with a value where it limits when that happened.
    days: int | None = None

    @property
    def negated(self) -> bool:
        return self.op in NEGATIONS

    @property
    def positive(self) -> str:
        """The operator that is asked, with "in" for "is" and without a negation."""
        op = NEGATIONS.get(self.op, self.op)
        return "in" if op == "is" and self.field.type not in _BY_DAY else op


@dataclass(frozen=True)
class Group:
    kind: str
    rules: "tuple[Rule, ...]"


Rule = Condition | Group
EVERYBODY = Group("all", ())


def conditions_of(rule: Rule) -> Iterator[Condition]:
    if isinstance(rule, Condition):
        yield rule
    else:
        for inner in rule.rules:
            yield from conditions_of(inner)
