"""A token is found in what mail programs leave of a link; what is none is not taken for one."""

import pytest

from plugin.core.security.damaged_links import MOST_CANDIDATES, candidates, letters, personal_part

TOKEN = "Ab0_-" * 8 + "Xyz"


@pytest.mark.parametrize("address", [
    f"?t={TOKEN}", f"?t=3D{TOKEN}", f"%3Ft%3D{TOKEN}", f"%25253Ft%25253D{TOKEN}", f"#t={TOKEN}",
    f"?t={TOKEN[:9]}=%0D%0A{TOKEN[9:]}", f"?t={TOKEN[:9]}%C2%AD{TOKEN[9:]}", f"?x{TOKEN}y",
])  # fmt: skip
def test_a_whole_token_is_among_the_candidates(address: str) -> None:
    assert TOKEN in candidates(address)


def test_the_likeliest_candidate_comes_first_and_their_number_is_bounded() -> None:
    assert candidates(f"?t={TOKEN}")[0] == TOKEN
    assert len(candidates("?" + "A1" * 2000)) <= MOST_CANDIDATES
    assert candidates("?" + TOKEN[:-1]) == []


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("?t=abc", "abc"), ("?T=abc&x=1", "abc"), ("?a=1&amp;t=abc", "abc"), ("?t", ""),
        ("?t=", ""), ("?t&a=1", ""), ("/?t%3Dabc", "abc"), ("?t=3Dabc", "abc"),
        (f"?{TOKEN[:20]}", TOKEN[:20]), (f"/{TOKEN[:20]}?a=1", None),
        ("?", None), ("?utm_content=t", None), ("?it=1", None), ("?text=1", None),
        ("?spring-poster-2026", None), ("?SPRING-POSTER-2026", None), ("?hutk=" + "a" * 32, None),
    ],
)  # fmt: skip
def test_a_sign_of_a_personal_link_is_seen(address: str, part: str | None) -> None:
    assert personal_part(address) == part


def test_punctuation_is_no_letter_however_it_is_written() -> None:
    assert letters("%E3%80%82.)&gt;%26gt%3B/") == ""
    assert letters("/a%2Fb") == "ab"
