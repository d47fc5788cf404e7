"""Which language the letters of a name say, and where the reader's place decides."""

import pytest

from plugin.core.text.written_language import written_language


@pytest.mark.parametrize(
    ("text", "time_zone", "language"),
    [
        ("結び商店 さくら", "Asia/Tokyo", "ja"),
        ("さくら 台北店", "Asia/Taipei", "ja"),
        ("ﾑｽﾋﾞ 商店", "Asia/Taipei", "ja"),
        ("結商店", "Asia/Tokyo", "ja"),
        ("結商店", "Europe/Warsaw", "ja"),
        ("結商店", "", "ja"),
        ("台北好物商店", "Asia/Taipei", "zh-Hant-TW"),
        ("好物商店", "Asia/Hong_Kong", "zh-Hant-HK"),
        ("好物商店", "Asia/Shanghai", "zh-Hans"),
        ("春川 店", "Asia/Seoul", "ko"),
        ("춘천 가게", "Asia/Tokyo", "ko"),
        ("春川 가게", "Asia/Taipei", "ko"),
        ("ร้านมูซูบิ", "Asia/Tokyo", "th"),
        ("Café Łódź 🌸", "Asia/Tokyo", ""),
        ("", "Asia/Tokyo", ""),
        ("\x00\ue000", "Asia/Tokyo", ""),
    ],
)
def test_the_letters_say_the_language(text: str, time_zone: str, language: str) -> None:
    assert written_language(text, time_zone) == language
