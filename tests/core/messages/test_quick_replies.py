"""Quick replies: lines that people write, LINE's actions, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.checks import check
from plugin.core.messages.compose import MessageExtras, decorate, undecorate
from plugin.core.messages.quick_replies import KINDS, WITH_VALUE, Reply, line_of, reply_of

HI = {"type": "text", "text": "Hi"}


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("Yes", Reply("Yes", "say", "Yes")),
        ("Shop | https://a.example/", Reply("Shop", "open", "https://a.example/")),
        ("Shop｜https://a.example/", Reply("Shop", "open", "https://a.example/")),
        ("Photo | camera", Reply("Photo", "camera", "")),
        ("Day | Date", Reply("Day", "date", "")),
        ("Code | copy: A|B", Reply("Code", "copy", "A|B")),
        ("Yes | say: Yes, please", Reply("Yes", "say", "Yes, please")),
        ("This | that", Reply("This | that", "say", "This | that")),
        ("{{ contact.a | default('b') }}",
         Reply("{{ contact.a | default('b') }}", "say", "{{ contact.a | default('b') }}")),
    ],
)  # fmt: skip
def test_a_line_says_what_a_tap_does(line: str, reply: Reply) -> None:
    assert reply_of(line) == reply


WORDS = st.text(alphabet="ab |｜:é結", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(WORDS, st.sampled_from(KINDS), WORDS)
def test_a_reply_and_its_line_are_the_same(label: str, kind: str, value: str) -> None:
    label, value = " ".join(label.split()), " ".join(value.split())
    if kind == "open":
        value = "https://a.example/"
    reply = Reply(label, kind, value if kind in WITH_VALUE else "")
    assert reply_of(line_of(reply)) == reply


def test_line_takes_every_kind_and_the_form_gets_it_back() -> None:
    values = {"say": "Yes, please", "open": "https://a.example/", "copy": "SALE10"}
    lines = "\n".join(line_of(Reply("Tap", kind, values.get(kind, ""))) for kind in KINDS)
    made = decorate([HI], MessageExtras(lines))
    check(made)
    assert undecorate(made) == ([HI], MessageExtras(lines))


def test_what_a_line_cannot_say_stays_json() -> None:
    action = {"type": "postback", "label": "Tap", "data": "x"}
    message = {**HI, "quickReply": {"items": [{"type": "action", "action": action}]}}
    assert undecorate([message]) == ([message], MessageExtras())
