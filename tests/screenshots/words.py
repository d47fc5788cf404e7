"""What the example shops write, one in English and one in Japanese."""

from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]


def _buttons(title: str, text: str, *rows: tuple[str, str]) -> Message:
    actions = [{"type": "uri", "label": label, "uri": uri} for label, uri in rows]
    template = {"type": "buttons", "title": title, "text": text, "actions": actions}
    return {"type": "template", "altText": title, "template": template}


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


@dataclass(frozen=True)
class Words:
    """`guest`: whose page and conversation are shown; `newcomer`: who is asked whether to link;
    `talks`: who writes what, this morning."""

    guest: str
    newcomer: str
    code: str
    tag: str
    club: str
    templates: dict[str, list[Message]]
    sent: tuple[str, str]
    draft: str
    winter: list[Message]
    segment: str
    talks: tuple[tuple[str, str], ...]
    answer: str
    thanks: str
    note: str


MENU, BEANS = "https://example.com/menu", "https://example.com/beans"
SEATS, MAP = "https://example.com/seats", "https://example.com/map"
GUEST = "{{ contact.firstname | default('お客さま') }}"
WORDS = {
    "en": Words(
        guest="amelia",
        newcomer="jasper",
        code="Counter",
        tag="Walk-in",
        club="Coffee club",
        templates={
            "Welcome": [
                _text("Hello {{ contact.firstname | default('there') }}, good to have you here."),
                _buttons("Example Coffee", "What would you like to do?",
                         ("See the menu", MENU), ("Find us", MAP)),
            ],
            "Autumn beans": [_buttons("Autumn beans are here", "Roasted this week, in small lots.",
                                      ("See the beans", BEANS))],
            "Tasting evening": [_buttons("Tasting evening", "Saturday from six. Twelve seats.",
                                         ("Book a seat", SEATS), ("Find us", MAP))],
            "Table reserved": [_text("Your table is reserved. See you soon!")],
        },
        sent=("Autumn beans", "Tasting evening"),
        draft="Winter blend",
        winter=[_text("Hello {{ contact.firstname | default('there') }}, our winter blend is"
                      " roasted."),
                _buttons("Winter blend", "Cocoa, orange, a little smoke.", ("Look", BEANS))],
        segment="Regulars who tapped lately",
        talks=(
            ("emma", "Do you have oat milk?"),
            ("nanami", "日曜日は何時までですか？"),
            ("oliver", "See you on Saturday!"),
            ("amelia", "Hi! Is there room for two on Saturday?"),
        ),
        answer="Yes, two seats are yours. See you at six!",
        thanks="Wonderful, thank you!",
        note="She likes the window table.",
    ),
    "ja": Words(
        guest="hanako",
        newcomer="honoka",
        code="レジ横のQRコード",
        tag="店頭",
        club="コーヒークラブ",
        templates={
            "ごあいさつ": [
                _text(f"{GUEST}さん、ご登録ありがとうございます。"),
                _buttons("見本コーヒー", "ご用件をお選びください。",
                         ("メニューを見る", MENU), ("お店の地図", MAP)),
            ],
            "秋の新豆": [_buttons("秋の新豆が届きました", "今週焙煎した豆を少しずつ。",
                                  ("豆を見る", BEANS))],
            "試飲会のご案内": [_buttons("試飲会", "土曜日の18時から。12席です。",
                                        ("席を予約する", SEATS), ("お店の地図", MAP))],
            "ご予約の確認": [_text("ご予約を承りました。お待ちしております。")],
        },
        sent=("秋の新豆", "試飲会のご案内"),
        draft="冬のブレンド",
        winter=[_text(f"{GUEST}さん、冬のブレンドができました。"),
                _buttons("冬のブレンド", "カカオとオレンジの香り。", ("見てみる", BEANS))],
        segment="最近タップした常連",
        talks=(
            ("emma", "Do you have oat milk?"),
            ("nanami", "日曜日は何時までですか？"),
            ("taro", "土曜日、楽しみにしています"),
            ("hanako", "土曜日の試飲会、2名で参加できますか？"),
        ),
        answer="はい、2席ご用意しました。18時にお待ちしております！",
        thanks="ありがとうございます！",
        note="窓側の席がお好みです。",
    ),
}  # fmt: skip
RULE = {
    "all": [
        {"field": "linkage.linked", "op": "is", "value": True},
        {"field": "behaviour.tapped", "op": "within_days", "value": 30},
        {"none": [{"field": "friend.status", "op": "is", "value": "blocked"}]},
    ]
}
