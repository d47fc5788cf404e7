"""LINE's emojis: written by people, counted by LINE, still right after tokens and links."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.checks import check
from plugin.core.messages.drafts import draft_of, message_of
from plugin.core.messages.line_emojis import SETS, pieces_of
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.personalise import fill
from plugin.core.messages.tracked_links import tracked

PRODUCT = "5ac1bfd5040ab15980c9b435"
MOON = f"(line:{PRODUCT}/001)"


def message(text: str) -> dict[str, Any]:
    return message_of({"kind": "text", "text": text})


def shown(filled: dict[str, Any]) -> str:
    return "".join(piece.emoji or piece.text for piece in pieces_of(filled))


def test_an_emoji_is_a_dollar_at_its_utf16_position() -> None:
    made = message(f"🎉 {MOON} 5$ {MOON}")
    emoji = {"productId": PRODUCT, "emojiId": "001"}
    assert made["text"] == "🎉 $ 5$ $"
    assert made["emojis"] == [{"index": 3, **emoji}, {"index": 8, **emoji}]
    check([made])


@pytest.mark.parametrize(
    "text", ["plain", "100$", f"{MOON}", f"a{MOON}$b", "(line:)", "(line:x)", f"𝔘{MOON}{MOON}$"]
)
def test_a_form_and_its_message_are_the_same_text(text: str) -> None:
    made = message(text)
    assert draft_of(made) == {"kind": "text", "text": text}
    assert "emojis" not in made or "(line:5" not in made["text"]


def test_a_message_whose_positions_are_wrong_stays_json() -> None:
    wrong = {
        "type": "text",
        "text": "a$",
        "emojis": [{"index": 0, "productId": "a", "emojiId": "1"}],
    }
    assert draft_of(wrong)["kind"] == "json"


def test_an_emoji_inside_a_default_is_refused_in_words() -> None:
    with pytest.raises(InvalidMessage, match="cannot stand inside"):
        message(f"{{{{ contact.a | default('{MOON}') }}}}")


def test_twenty_are_taken_and_no_more() -> None:
    check([message(MOON * 20)])
    with pytest.raises(InvalidMessage):
        check([message(MOON * 21)])


def test_the_sets_are_known_by_their_ids() -> None:
    assert len({row.product for row in SETS}) == len(SETS)
    assert all(len(row.product) == 24 and 0 < row.last < 300 for row in SETS)


PLAIN = st.text(alphabet="a $é結🎉𝔘 \n", max_size=4)
PARTS = st.lists(
    st.one_of(
        PLAIN.map(lambda text: (text, text)),
        st.just((MOON, "001")),
        PLAIN.map(lambda _: ("{{ contact.name | default('$🎉') }}", "VALUE")),
        st.just((" https://shop.example.com/sale ", " https://musubi.example.com/r/🔗 ")),
    ),
    max_size=12,
)


@given(PARTS, PLAIN)
def test_every_emoji_stays_where_it_was_written(parts: list[tuple[str, str]], value: str) -> None:
    made = message("".join(written for written, _ in parts))
    filled = fill([made], {"name": value})
    (sent,) = tracked(filled, lambda _: "https://musubi.example.com/r/🔗")
    name = value.strip() or "$🎉"
    expected = "".join(name if said == "VALUE" else said for _, said in parts)
    assert shown(sent) == expected
    assert sum(bool(piece.emoji) for piece in pieces_of(sent)) == sum(w == MOON for w, _ in parts)
