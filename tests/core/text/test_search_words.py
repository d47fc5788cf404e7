"""People are found by the beginnings of their words, in scripts with blanks and without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.text.search_words import LONGEST, MOST_TERMS, searched_words, terms_of


def finds(query: str, terms: list[str]) -> bool:
    words = searched_words(query)
    return bool(words) and all(any(term.startswith(word) for term in terms) for word in words)


@pytest.mark.parametrize(
    ("names", "whole", "query", "found"),
    [
        (["Alice Example"], [], "ali exam", True),
        (["Alice Example"], [], "EXAMPLE alice", True),
        (["Alice Example"], [], "lice", False),
        (["田中太郎"], [], "太郎", True),
        (["田中太郎"], [], "田中", True),
        (["ﾀﾅｶ"], [], "タナカ", True),
        (["Ｔａｎａｋａ"], [], "tanaka", True),
        (["สมชาย ใจดี"], [], "ชาย", True),
        (["Straße"], [], "STRASSE", True),
        (["O'Brien"], [], "o’brien", True),
        (["Mika⭐"], [], "⭐", True),
        (["Mika"], [], "⭐", False),
        ([], ["alice.no-2@example.test"], "alice.no-2@ex", True),
        ([], ["alice.no-2@example.test"], "example", True),
        ([], ["U" + "a" * 32], "Uaaaa", True),
        (["Alice"], [], "", False),
        (["Alice"], [], "   ", False),
    ],
)
def test_found(names: list[str], whole: list[str], query: str, found: bool) -> None:
    assert finds(query, terms_of(names, whole)) is found


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_has_terms_that_fit_the_column(name: str, address: str) -> None:
    terms = terms_of([name], [address])
    assert len(terms) <= MOST_TERMS
    assert len(set(terms)) == len(terms)
    assert all(0 < len(term) <= LONGEST for term in terms)
    assert all(0 < len(word) <= LONGEST for word in searched_words(name))


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_everybody_is_found_by_their_whole_name(name: str) -> None:
    terms = terms_of([name])
    assert finds(name, terms) or not searched_words(name)
