"""The rules of tying, over all there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.linkage import decide, looks_like_user_id, masked_email

IDS = st.integers(1, 5)


@given(friend=IDS, contact=IDS, friends=st.none() | IDS, contacts=st.none() | IDS)
def test_a_tie_is_made_only_where_both_are_free(
    friend: int, contact: int, friends: int | None, contacts: int | None
) -> None:
    decision = decide(friend, contact, friends, contacts)
    assert (decision == "link") == (friends is None and contacts is None)
    assert (decision == "already_linked") == (friends == contact and contacts == friend)


@pytest.mark.parametrize(
    ("friends", "contacts", "decision"),
    [
        (None, None, "link"),
        (2, 1, "already_linked"),
        (9, None, "friend_taken"),
        (None, 9, "contact_taken"),
        (9, 9, "friend_taken"),
    ],
)
def test_each_decision(friends: int | None, contacts: int | None, decision: str) -> None:
    assert decide(1, 2, friends, contacts) == decision


def test_the_form_of_user_ids() -> None:
    assert looks_like_user_id("U8e742f61d673b39c7fff3cecb7536ef0")
    for text in ("", "U", "u8e742f61d673b39c7fff3cecb7536ef0", "U8E742F61D673B39C7FFF3CECB7536EF0"):
        assert not looks_like_user_id(text)


def test_what_a_friend_may_see_of_a_contact() -> None:
    assert masked_email("alice@example.com") == "a••••@example.com"
    assert masked_email("") == ""
