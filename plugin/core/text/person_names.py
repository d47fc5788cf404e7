"""Order the parts of a full name as its reader expects."""

import unicodedata

# How Unicode names of the letters in Chinese, Japanese and Korean names begin.
_FAMILY_FIRST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")


def full_name(first: str, last: str, language: str = "") -> str:
    """Return the known names. `language`: the reader's, such as "ja" or "en-US"."""
    # As Japanese forms write names, and as Unicode's CLDR orders person names by their letters.
    first, last = first.strip(), last.strip()
    family_first = language.partition("-")[0].partition("_")[0] == "ja" or _is_east_asian(
        first + last
    )
    return " ".join(part for part in ((last, first) if family_first else (first, last)) if part)


def _is_east_asian(name: str) -> bool:
    letters = [letter for letter in name if letter.isalpha()]
    return bool(letters) and all(
        unicodedata.name(letter, "").startswith(_FAMILY_FIRST) for letter in letters
    )
