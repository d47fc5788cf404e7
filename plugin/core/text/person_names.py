"""Order the parts of a full name as its letters ask for."""

import unicodedata

# How Unicode names of the letters in Chinese, Japanese and Korean names begin.
_FAMILY_FIRST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")


def full_name(first: str, last: str) -> str:
    """Return the known names, whoever reads them."""
    # As Unicode's CLDR orders person names by their letters.
    first, last = first.strip(), last.strip()
    parts = (last, first) if _is_east_asian(first + last) else (first, last)
    return " ".join(part for part in parts if part)


def _is_east_asian(name: str) -> bool:
    letters = [letter for letter in name if letter.isalpha()]
    return bool(letters) and all(
        unicodedata.name(letter, "").startswith(_FAMILY_FIRST) for letter in letters
    )
