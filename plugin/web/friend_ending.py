"""The last page of a walk, as a value."""

from typing import NamedTuple

from flask_babel.speaklater import LazyString


class Ending(NamedTuple):
    """`mood`: done, note or stop. `deed`: what the one button does, named by `label`.

    Deeds: again (the same step anew), by_hand (the walk anew, without LINE's automatic login),
    fresh (the walk anew, without the token), reload (look at the page anew).
    """

    status: int
    mood: str
    title: LazyString
    text: LazyString
    deed: str = ""
    label: LazyString | None = None
