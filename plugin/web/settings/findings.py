"""The doctor's verdicts as a page shows them: in the reader's language, with the next clicks."""

from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import format_decimal, gettext

from plugin.core.diagnosis.doctor.cause import Mend, State
from plugin.core.diagnosis.doctor.verdict import Verdict
from plugin.core.text.sentences import Sentence
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.doctor.places import PLACES, path_of
from plugin.services.doctor.report import Section
from plugin.web.language import told

# Values that are counts.
FIGURES = ("left", "limit", "count", "visits")


class Step(NamedTuple):
    """`url` "": it is done in no page of ours or LINE's. `outside`: another site."""

    text: str
    url: str = ""
    label: str = ""
    outside: bool = False


class Finding(NamedTuple):
    """`detail`: a platform's own words. `checked`: whether it was asked at all."""

    name: str
    title: str
    state: State
    text: str
    steps: list[Step]
    detail: str = ""
    checked: bool = True


class Tally(NamedTuple):
    """How many checks fail, are not known, were not made, and have said anything."""

    failing: int
    unknown: int
    unchecked: int
    answered: int

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> "Tally":
        states = [(verdict.state, verdict.is_checked) for verdict in verdicts]
        checked = [state for state, is_checked in states if is_checked]
        failing, unknown = checked.count("failing"), checked.count("unknown")
        return cls(failing, unknown, len(states) - len(checked), len(checked) - unknown)


def findings(verdicts: Iterable[Verdict], account: OfficialAccount | None) -> list[Finding]:
    account_id = account.id if account else None
    return [_finding(verdict, account_id) for verdict in verdicts]


def section_findings(section: Section) -> list[Finding]:
    return findings(section.verdicts, section.account)


def steps_of(mends: Iterable[Mend], account_id: int | None, verdict: Verdict) -> list[Step]:
    return [_step(mend, account_id, verdict.sentence(mend.text)) for mend in mends]


def advice_of(mends: Iterable[Mend]) -> list[Step]:
    """Return steps that belong to no verdict."""
    return [_step(mend, None, Sentence(mend.text)) for mend in mends]


def _finding(verdict: Verdict, account_id: int | None) -> Finding:
    return Finding(
        verdict.key,
        gettext(verdict.check.label),
        verdict.state,
        told(_with_figures(verdict.text)),
        steps_of(verdict.found.mends, account_id, verdict),
        verdict.detail if verdict.state in ("failing", "unknown") else "",
        verdict.is_checked,
    )


def _with_figures(sentence: Sentence) -> Sentence:
    """Write counts with the reader's grouping."""
    counts = {
        name: format_decimal(value)
        for name, value in sentence.values.items()
        if name in FIGURES and isinstance(value, int)
    }
    return Sentence(sentence.text, **{**sentence.values, **counts})


def _step(mend: Mend, account_id: int | None, sentence: Sentence) -> Step:
    if not mend.place:
        return Step(told(sentence))
    place = PLACES[mend.place]
    url = path_of(mend.place, account_id)
    return Step(told(sentence), url, gettext(place.label), place.outside)
