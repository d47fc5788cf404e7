"""The words by which people are found: of what is known about them, and of what is searched."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 60
# A name of forty characters is longer than any that is searched by its end.
LONGEST_WITHOUT_BLANKS = 40
# A person with more is found by these.
MOST_TERMS = 120
WORD = re.compile(r"[^\W_]+")
# Names have stars and hearts, which are found when nothing else is searched.
SIGN = re.compile(r"[^\w\s]|_")
# Scripts that set no blanks between words, by the beginnings of Unicode's letter names.
WITHOUT_BLANKS = (
    "CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "IDEOGRAPHIC", "THAI", "LAO", "KHMER", "MYANMAR",
)  # fmt: skip


def fold(text: str) -> str:
    """Return the text as it is compared: one width, one case, no marks of other spellings."""
    # Twice, since folding the case of a few letters takes them apart again.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def terms_of(texts: Iterable[str], whole: Iterable[str] = ()) -> list[str]:
    """Return the terms whose beginnings are searched. `whole`: addresses and ids, which are found
    by their own beginning too."""
    terms = [fold(text).strip()[:LONGEST] for text in whole]
    for text in texts:
        terms += SIGN.findall(fold(text))
    for text in (*texts, *whole):
        for word in WORD.findall(fold(text)):
            terms += _terms_of_word(word)
    return list(dict.fromkeys(term for term in terms if term))[:MOST_TERMS]


def searched_words(query: str) -> list[str]:
    """Return the words that a person must have terms for, without repeats, longest first."""
    parts = [_searched(part) for part in fold(query).split()]
    words = dict.fromkeys(word for part in parts for word in part)
    return sorted(words, key=len, reverse=True)


def _searched(part: str) -> list[str]:
    # An address or id is searched as it is typed; a name with signs in it by its words.
    if "@" in part or WORD.fullmatch(part):
        return [part[:LONGEST]]
    return [word[:LONGEST] for word in WORD.findall(part) or SIGN.findall(part)]


def _terms_of_word(word: str) -> Iterator[str]:
    yield word[:LONGEST]
    if any(map(_is_without_blanks, word)):
        for start in range(1, min(len(word), LONGEST_WITHOUT_BLANKS)):
            yield word[start : start + LONGEST]


def _is_without_blanks(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(WITHOUT_BLANKS)
