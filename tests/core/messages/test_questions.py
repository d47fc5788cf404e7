"""A question's choices, and what counts as an answer."""

import pytest

from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.questions import (
    Tap,
    meant_choice,
    question_message,
    read_choices,
    read_tap,
)


def test_choices_are_the_lines_that_say_something() -> None:
    assert read_choices(" Yes \r\n\nNo\n") == ["Yes", "No"]
    assert len(read_choices("\n".join(map(str, range(13))))) == 13


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "2 to 13"),
        ("Only one", "2 to 13"),
        ("\n".join(map(str, range(14))), "2 to 13"),
        ("Yes\nyes", "the same"),
        ("ＹＥＳ\nYes", "the same"),
    ],
)
def test_choices_that_cannot_be_offered(text: str, words: str) -> None:
    with pytest.raises(InvalidMessage, match=words):
        read_choices(text)


def test_what_a_tap_carries_comes_back() -> None:
    message = question_message("Coming?", ["Yes", "No"], "abc-_1")
    actions = [item["action"] for item in message["quickReply"]["items"]]
    assert [one["label"] for one in actions] == ["Yes", "No"]
    assert [read_tap(one["data"]) for one in actions] == [Tap("abc-_1", 0), Tap("abc-_1", 1)]


@pytest.mark.parametrize(
    "data", ["", "buy", "musubi.answer", "musubi.answer::1", "musubi.answer:a:x", "x:a:1",
             "musubi.answer:a:-1", "musubi.answer:a:²", "musubi.answer:a:999"]
)  # fmt: skip
def test_other_peoples_postbacks_are_none(data: str) -> None:
    assert read_tap(data) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("yes", "Yes"),
        (" YES ", "Yes"),
        ("ｙｅｓ", "Yes"),
        ("ﾊｲ", "ハイ"),
        ("no  thanks", "No thanks"),
        ("yes please", None),
        ("", None),
    ],
)
def test_case_width_and_blanks_do_not_matter(typed: str, meant: str | None) -> None:
    assert meant_choice(typed, ["Yes", "No thanks", "ハイ"]) == meant
