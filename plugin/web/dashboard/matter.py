"""One thing that needs attention."""

from typing import NamedTuple


class Matter(NamedTuple):
    """Something that does not work, or not fully; `action` labels the button to `url`."""

    title: str
    why: str
    action: str
    url: str
