"""Full names in their reader's order."""

import pytest

from plugin.core.text.person_names import full_name


@pytest.mark.parametrize(
    ("first", "last", "language", "said"),
    [
        ("美咲", "山田", "ja", "山田 美咲"),
        ("美咲", "山田", "en", "山田 美咲"),
        ("みさき", "ヤマダ", "en-US", "ヤマダ みさき"),
        ("佑々", "佐々木", "", "佐々木 佑々"),
        ("민준", "김", "en", "김 민준"),
        ("Alice", "Example", "en", "Alice Example"),
        ("Alice", "Example", "", "Alice Example"),
        ("Alice", "Example", "ja-JP", "Example Alice"),
        ("Alice", "Example", "jam", "Alice Example"),
        ("Misaki", "山田", "en", "Misaki 山田"),
        ("Misaki", "山田", "ja_JP", "山田 Misaki"),
        ("", "山田", "ja", "山田"),
        (" 美咲 ", "", "ja", "美咲"),
        ("", "", "ja", ""),
        ("3", "!", "en", "3 !"),
    ],
)
def test_the_family_name_stands_where_its_reader_expects_it(
    first: str, last: str, language: str, said: str
) -> None:
    assert full_name(first, last, language) == said
