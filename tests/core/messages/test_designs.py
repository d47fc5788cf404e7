"""The ready designs: taken by LINE, read back into their form, honest about what they lack."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.checks import check
from plugin.core.messages.designs.form import fields_of
from plugin.core.messages.designs.shapes import CAROUSELS, DESIGNS
from plugin.core.messages.drafts import draft_of, message_of
from plugin.core.messages.part import InvalidMessage
from plugin.sandbox.line.checks.flex import check_flex
from tests.gateways.line.spec import FOLDER, Spec

SHOP, PICTURE = "https://shop.example.com/", "https://img.example.com/a.jpg"


def draft(name: str, **changed: Any) -> dict[str, Any]:
    design = DESIGNS[name]
    actions = [{"label": label, "to": SHOP} for label in design.buttons]
    fields = {**design.starter, "image_url": PICTURE, "actions": actions}
    whole = {"design": name, "colour": design.colour}
    if name in CAROUSELS:
        return {"kind": "design_cards", **whole, "cards": [{**fields, **changed}, fields]}
    return {"kind": "design", **whole, **fields, **changed}


def test_there_are_eight() -> None:
    assert len(DESIGNS) == 8


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_is_taken_by_line_and_comes_back_as_its_form(name: str) -> None:
    message = message_of(draft(name))
    check([message])
    assert not check_flex(message["contents"])
    again = draft_of(message)
    assert (again["kind"], again["design"]) == (draft(name)["kind"], name)
    assert message_of(again) == message


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("missing", ["note", "text", "rows", "image_url", "actions"])
def test_what_is_left_empty_leaves_no_hole(name: str, missing: str) -> None:
    message = message_of(draft(name, **{missing: [] if missing == "actions" else ""}))
    check([message])
    assert not check_flex(message["contents"])
    assert message_of(draft_of(message)) == message


@given(
    st.sampled_from([name for name in DESIGNS if name not in CAROUSELS]),
    st.fixed_dictionaries({
        "title": st.text(min_size=1).filter(str.strip),
        "note": st.text(max_size=9), "text": st.text(max_size=9),
        "rows": st.text(alphabet="a| ｜\n$", max_size=12),
        "colour": st.sampled_from(["", "#FFFFFF", "#000000", "#b3312d"]),
    }),
)  # fmt: skip
def test_any_words_make_a_message_that_no_form_loses(name: str, fields: dict[str, str]) -> None:
    message = message_of(draft(name, **fields))
    assert message_of(draft_of(message)) == message


def test_a_changed_design_is_edited_as_json() -> None:
    message = message_of(draft("coupon"))
    message["contents"]["footer"]["backgroundColor"] = "#eeeeee"
    assert draft_of(message)["kind"] == "flex"
    assert fields_of({"type": "bubble"}) is None


def test_words_on_a_light_ground_are_dark() -> None:
    light = message_of(draft("coupon", colour="#ffe08a"))["contents"]
    assert light["header"]["contents"][0]["color"] == "#1f2430"
    assert message_of(draft("coupon"))["contents"]["header"]["contents"][0]["color"] == "#ffffff"


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"title": " "}, "title is empty"), ({"colour": "red"}, "#b3312d"),
     ({"design": "none"}, "not known")],
)  # fmt: skip
def test_what_a_design_lacks_is_said(changed: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidMessage, match=words):
        message_of(draft("announcement", **changed))


@pytest.mark.specs
@pytest.mark.skipif(not FOLDER.is_dir(), reason="LINE's OpenAPI files are not beside us")
def test_the_designs_are_those_that_line_describes() -> None:
    spec = Spec(FOLDER / "messaging-api.yml")
    for name in DESIGNS:
        contents = message_of(draft(name))["contents"]
        kind = "FlexCarousel" if name in CAROUSELS else "FlexBubble"
        assert spec.schema_problems(kind, contents) == [], name
