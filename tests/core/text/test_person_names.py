"""Full names in the order of their letters."""

import pytest

from plugin.core.text.person_names import full_name


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("美咲", "山田", "山田 美咲"),
        ("みさき", "ヤマダ", "ヤマダ みさき"),
        ("佑々", "佐々木", "佐々木 佑々"),
        ("민준", "김", "김 민준"),
        ("Alice", "Example", "Alice Example"),
        ("Misaki", "山田", "Misaki 山田"),
        ("", "山田", "山田"),
        (" 美咲 ", "", "美咲"),
        ("", "", ""),
        ("3", "!", "3 !"),
    ],
)
def test_the_family_name_is_first_where_all_letters_are_east_asian(
    first: str, last: str, said: str
) -> None:
    assert full_name(first, last) == said
