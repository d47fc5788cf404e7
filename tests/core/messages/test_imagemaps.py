"""Imagemaps as drafts: what a form brings becomes a message, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.messages.drafts import draft_of, message_of
from plugin.core.messages.imagemaps import DIVISIONS, WIDTH, divided
from plugin.core.messages.part import InvalidMessage

AREA = {"x": "0", "y": "10", "width": "300", "height": "200", "to": "Yes"}
DRAFT = {"kind": "imagemap", "base_url": "https://a.example/m", "height": "600", "alt_text": "A"}


def test_an_area_opens_an_address_or_says_words() -> None:
    areas = [AREA, {**AREA, "to": "https://a.example/", "label": "Shop"}, {}, {"to": " "}]
    assert message_of({**DRAFT, "areas": areas})["actions"] == [
        {"type": "message", "text": "Yes", "area": {"x": 0, "y": 10, "width": 300, "height": 200}},
        {
            "type": "uri",
            "linkUri": "https://a.example/",
            "label": "Shop",
            "area": {"x": 0, "y": 10, "width": 300, "height": 200},
        },
    ]


@pytest.mark.parametrize("odd", ["", "x", "1.5", "-1", "９", "1" * 6, "\0"])
def test_what_is_no_number_is_said_with_its_area(odd: str) -> None:
    with pytest.raises(InvalidMessage, match="Area 2: The x must be a number"):
        message_of({**DRAFT, "areas": [AREA, {**AREA, "x": odd}]})
    with pytest.raises(InvalidMessage, match="Picture: The height must be a number"):
        message_of({**DRAFT, "height": odd, "areas": [AREA]})


@pytest.mark.parametrize("more", [{"video": {}}, {"baseSize": {"width": 700, "height": 9}}])
def test_what_the_form_does_not_show_is_json(more: dict[str, object]) -> None:
    message = {**message_of({**DRAFT, "areas": [AREA]}), **more}
    draft = draft_of(message)
    assert set(draft) == {"kind", "json"}
    assert message_of(draft) == message


@given(st.sampled_from(DIVISIONS), st.integers(1, 9999))
def test_a_division_covers_the_picture_without_overlap(
    division: tuple[int, int], height: int
) -> None:
    areas = divided({**DRAFT, "height": str(height), "areas": [AREA]}, *division)
    assert sum(int(area["width"]) * int(area["height"]) for area in areas) == WIDTH * height
    assert areas[0]["to"] == "Yes"
    assert all(int(area["x"]) + int(area["width"]) <= WIDTH for area in areas)
    assert all(int(area["y"]) + int(area["height"]) <= height for area in areas)
