"""What a check may find, and what to do about it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from plugin.core.text.sentences import N_

# `off`: not set up, or not to be had, which may be intended.
State = Literal["ok", "failing", "unknown", "off"]
# Where a step is done; `services.doctor.places` knows the addresses.
Place = Literal[
    "", "developers", "manager", "doctor", "account", "edit_account", "prove",
    "settings", "hubspot", "properties", "install", "failed_jobs", "codes", "email",
    "friends", "import",
]  # fmt: skip


class Mend(NamedTuple):
    """One step. `text` may hold the values of the verdict."""

    text: str
    place: Place = ""


class Cause(NamedTuple):
    state: State
    text: str
    mends: tuple[Mend, ...] = ()


# The first cause that fails stands for a failure of which no more is known.
Causes = Mapping[str, Cause]


def fine(text: str) -> Cause:
    return Cause("ok", text)


def failing(text: str, *mends: Mend) -> Cause:
    return Cause("failing", text, mends)


def unknown(text: str, *mends: Mend) -> Cause:
    return Cause("unknown", text, mends)


def off(text: str, *mends: Mend) -> Cause:
    return Cause("off", text, mends)


# What every check may say.
UNCHECKED, WAITS, NO_ANSWER, TOO_OFTEN = "unchecked", "waits", "no_answer", "too_often"
COMMON: Causes = {
    UNCHECKED: unknown(N_("Not checked yet."), Mend(N_("Press “Check now”."), "doctor")),
    WAITS: unknown(N_("What comes before it has to work first.")),
    NO_ANSWER: unknown(
        N_("There was no answer that says yes or no."), Mend(N_("Check again in a minute."))
    ),
    TOO_OFTEN: unknown(
        N_("This was asked too often for the moment."), Mend(N_("Check again in an hour."))
    ),
}
