"""Whatever an agent calls itself, the log takes it and shows it on one line."""

import pytest

from plugin.agents.names import LONGEST_NAME, clean_name
from plugin.agents.terminal import _name


class Info:
    def __init__(self, title: object, name: object = None) -> None:
        self.title, self.name = title, name


class Context:
    """What the SDK hands over, in its shape."""

    def __init__(self, info: object) -> None:
        self.session = self
        self.client_params = self
        self.client_info = info


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mika's assistant", "Mika's assistant"),
        (" two\n lines\t", "two lines"),
        ("nul\0 and \ud83d half", "nul and ? half"),
        ("\u202eturned", "turned"),
        ("x" * 500, "x" * LONGEST_NAME),
        (None, "agent"),
        ("\0", "agent"),
    ],
)
def test_a_name_as_it_comes(name: object, shown: str) -> None:
    assert clean_name(name) == shown
    assert _name(Context(Info(name))) == shown
    assert _name(Context(Info("", name))) == shown


def test_an_agent_without_a_name() -> None:
    assert _name(object()) == "agent"
