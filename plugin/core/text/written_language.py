"""Guess the language of a name by its letters: browsers choose fonts by it."""

import unicodedata
from collections.abc import Iterator

# By the first words of Unicode's letter names. Kana and Hangul come first: they may be mixed with
# Chinese characters.
SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "THAI": "th"}
# One code point is drawn a little differently from place to place.
HAN = "CJK"
# The place decides for Chinese characters alone; anywhere else they are read as Japanese.
PLACES = {
    "Asia/Seoul": "ko",
    "Asia/Shanghai": "zh-Hans",
    "Asia/Urumqi": "zh-Hans",
    "Asia/Singapore": "zh-Hans",
    "Asia/Taipei": "zh-Hant-TW",
    "Asia/Hong_Kong": "zh-Hant-HK",
    "Asia/Macau": "zh-Hant-HK",
}


def written_language(text: str, time_zone: str) -> str:
    """Return a BCP 47 tag, "" where the letters do not tell, for readers in an IANA time zone."""
    scripts = set(_scripts(text))
    for script, language in SCRIPTS.items():
        if script in scripts:
            return language
    return PLACES.get(time_zone, "ja") if HAN in scripts else ""


def _scripts(text: str) -> Iterator[str]:
    for letter in text:
        # The name of a half-width letter has its script second.
        words = unicodedata.name(letter, "").removeprefix("HALFWIDTH ").replace("-", " ").split()
        yield words[0] if words else ""
