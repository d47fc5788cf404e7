"""Who the example shops' friends are. Nobody of them lives: all are called Example, or 見本."""

from typing import NamedTuple


class Person(NamedTuple):
    """`key`: the phone's name in the sandbox; `name`: on LINE; `first`, `last`: in HubSpot."""

    key: str
    name: str
    first: str
    last: str
    language: str

    @property
    def email(self) -> str:
        return f"{self.key}@example.com"


_JAPANESE = """
    hanako=花子=はなこ taro=太郎 sakura=さくら kenji=健二=ケンジ misaki=美咲 daichi=大地=だいち
    yui=結衣=ゆい ren=蓮=れん aoi=葵=あおい haruto=陽翔=ハル hina=陽菜=ひな sota=颯太=そうた
    mei=芽衣=めい riku=陸=りく yuna=結菜=ゆな itsuki=樹=いつき nanami=七海=ななみ kaito=海斗=かいと
    rin=凛=りん minato=湊=みなと tsumugi=紬=つむぎ akari=明里=あかり yuto=悠斗=ゆうと
    honoka=穂香=ほのか sho=翔=ショウ
"""
_ENGLISH = """
    amelia oliver emma noah chloe mia lucas sofia george ella leo ruby oscar isla theo zoe felix
    clara hugo nora jasper lily
"""


def _everybody() -> tuple[Person, ...]:
    japanese = [
        Person(key, name[0] if name else first, first, "見本", "ja")
        for key, first, *name in (row.split("=") for row in _JAPANESE.split())
    ]
    english = [Person(key, key.title(), key.title(), "Example", "en") for key in _ENGLISH.split()]
    mixed = [one for pair in zip(japanese, english, strict=False) for one in pair]
    return (*mixed, *japanese[len(english) :])


# In the order in which they come; in HubSpot all but every seventh are contacts already.
EVERYBODY = _everybody()
