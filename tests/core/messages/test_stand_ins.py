"""What stands in for a detail of the contact is marked where people read, and nowhere else."""

from plugin.core.messages.personalise import PropertyValues
from plugin.core.messages.stand_ins import (
    DEFAULT,
    EXAMPLE,
    MISSING,
    OPEN,
    SHUT,
    StandIn,
    pieces,
    unmarked,
    with_stand_ins,
)

HELLO = "Dear {{ contact.firstname | default('friend') }} of {{ contact.company }}"
TEXT = {"type": "text", "text": HELLO}


def test_nobody_sees_defaults_and_names() -> None:
    shown, found = with_stand_ins(TEXT)
    assert [each for each in pieces(shown["text"]) if isinstance(each, StandIn)] == [
        StandIn(EXAMPLE, "firstname", "friend"),
        StandIn(EXAMPLE, "company", "company"),
    ]
    assert found == [
        StandIn(EXAMPLE, "firstname", "friend", True),
        StandIn(EXAMPLE, "company", "", False),
    ]
    assert unmarked(shown) == {"type": "text", "text": "Dear friend of company"}


def test_a_person_sees_their_values_and_what_is_lacking() -> None:
    shown, found = with_stand_ins(
        TEXT, PropertyValues({"company": "Knots <Ltd>", "firstname": " "})
    )
    assert list(pieces(shown["text"])) == [
        "Dear ", StandIn(DEFAULT, "firstname", "friend"), " of Knots <Ltd>",
    ]  # fmt: skip
    assert [each.kind for each in found] == [DEFAULT]
    _, found = with_stand_ins(TEXT, PropertyValues({"firstname": "Aiko"}))
    assert found == [StandIn(MISSING, "company", "", False)]


def test_addresses_hold_no_mark() -> None:
    button = {"type": "uri", "label": "{{ contact.city }}", "uri": "https://a.b/{{ contact.city }}"}
    shown, found = with_stand_ins({"type": "template", "actions": [button]})
    action = shown["actions"][0]
    assert action["uri"] == "https://a.b/city"
    assert action["label"].startswith(OPEN)
    assert len(found) == 1


def test_emojis_keep_their_place_behind_a_stand_in() -> None:
    text = "{{ contact.firstname }} $"
    emoji = {"index": text.index("$"), "productId": "p", "emojiId": "1"}
    shown, _ = with_stand_ins({"type": "text", "text": text, "emojis": [emoji]})
    assert shown["text"][shown["emojis"][0]["index"]] == "$"


def test_pasted_marks_change_only_the_look() -> None:
    odd = f"{OPEN}x{SHUT} {OPEN}{{{{ contact.city | default('{SHUT}a') }}}}"
    shown, _ = with_stand_ins({"type": "text", "text": odd})
    read = "".join(
        each.text if isinstance(each, StandIn) else each for each in pieces(shown["text"])
    )
    assert read == f"{OPEN}x{SHUT} {OPEN}a"
