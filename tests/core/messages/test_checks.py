"""Messages are judged by LINE's own limits before they cost anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from babel.support import Translations

from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from tests.house.project import ROOT

Message = dict[str, Any]
URL = "https://example.com/a.png"
FAMILY = "👨‍👩‍👧‍👦"  # one cluster, eleven UTF-16 units
OPEN = {"type": "uri", "label": "Open", "uri": "https://example.com"}
SAY = {"type": "message", "label": "Yes", "text": "yes"}


def text(words: str = "Hi", **more: Any) -> Message:
    return {"type": "text", "text": words, **more}


def template(**more: Any) -> Message:
    return {"type": "template", "altText": "x", "template": more}


def flex(contents: Any, **more: Any) -> Message:
    return {"type": "flex", "altText": "x", "contents": contents, **more}


def deep(levels: int) -> Any:
    inner: Any = 1
    for _ in range(levels):
        inner = {"odd": inner}
    return inner


def bubble(words: str = "Hi", **more: Any) -> Message:
    body = {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": words}]}
    return {"type": "bubble", "body": body, **more}


def columns(*ones: Message, kind: str = "carousel") -> Message:
    return template(type=kind, columns=list(ones))


def imagemap(**more: Any) -> Message:
    size = {"width": 1040, "height": 500}
    area = {"x": 0, "y": 0, "width": 10, "height": 10}
    action = {"type": "uri", "linkUri": "https://example.com", "area": area}
    base = {"type": "imagemap", "baseUrl": URL, "altText": "x", "baseSize": size}
    return {**base, "actions": [action], **more}


def column(actions: int = 1, **more: Any) -> Message:
    return {"text": "Hi", "actions": [SAY] * actions, **more}


def quick(*actions: Message) -> Message:
    items = [{"type": "action", "action": action} for action in actions]
    return {"quickReply": {"items": items}}


GOOD: list[Message] = [
    text("あ" * 5000),
    text("🎉" * 2500),
    text("Hi $", emojis=[{"index": 3, "productId": "1", "emojiId": "2"}]),
    text("🎉$", emojis=[{"index": 2, "productId": "1", "emojiId": "2"}]),
    {"type": "textV2", "text": "Hi {name}", "substitution": {"name": {"type": "mention"}}},
    {"type": "image", "originalContentUrl": URL, "previewImageUrl": URL},
    {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL, "trackingId": "a"},
    {"type": "audio", "originalContentUrl": URL, "duration": 1000},
    {"type": "location", "title": "A", "address": "B", "latitude": 35.6, "longitude": -139.7},
    {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    imagemap(),
    template(type="buttons", text="a" * 160, actions=[OPEN] * 4),
    template(type="buttons", title=FAMILY * 40, text=FAMILY * 60, actions=[OPEN]),
    template(type="confirm", text="a" * 240, actions=[OPEN, SAY]),
    columns(column(), column()),
    columns(column(title="A", thumbnailImageUrl=URL), column(title="B", thumbnailImageUrl=URL)),
    columns({"imageUrl": URL, "action": {**OPEN, "label": "a" * 12}}, kind="image_carousel"),
    flex(bubble()),
    flex({"type": "carousel", "contents": [bubble()] * 12}),
    flex(bubble(action={**OPEN, "label": FAMILY * 40})),
    text(**quick(*[{**SAY, "label": FAMILY * 20}] * 13)),
    text(**quick({"type": "camera", "label": "Photo"})),
    text(**quick({**SAY, "text": FAMILY * 300})),
    text(**quick({"type": "postback", "label": "A", "data": "a", "displayText": FAMILY * 300})),
    text(sender={"name": "Bob", "iconUrl": URL}),
    text(sender={"name": "🎉" * 10}),
    text(sender={"name": "Online Store"}),
    text(sender={"name": "LINE judges its own name itself"[:20]}),
    {"type": "textV2", "text": "A {{brace}} {{", "substitution": {}},
    {"type": "textV2", "text": "{{{x}}} {{ y", "substitution": {"x": {"type": "emoji"}}},
    template(
        type="buttons", text="a", actions=[{**OPEN, "altUri": {"desktop": "https://a.example"}}]
    ),
    template(
        type="buttons",
        text="a",
        actions=[
            {"type": "datetimepicker", "label": "A", "data": "a", "mode": mode, "initial": moment}
            for mode, moment in (
                ("date", "2026-12-24"),
                ("time", "10:00"),
                ("datetime", "2026-12-24T10:00"),
            )
        ],
    ),
    {"type": "coupon", "couponId": "LINE judges this one"},
]


@pytest.mark.parametrize("message", GOOD, ids=lambda one: one["type"])
def test_what_line_takes_passes(message: Message) -> None:
    check_messages([message], count_clusters)
    check_messages([message] * 5, count_clusters)


def bad() -> Iterator[tuple[Message, str]]:
    yield text(""), "text is empty"
    yield text("  "), "text is empty"
    yield {"type": "text"}, "text is empty"
    yield {"type": "text", "text": 5}, "text is empty"
    yield text("🎉" * 2501), "5,002 characters; LINE takes 5,000"
    yield text("Hi {{ contact.firstname }}"), "token was not filled in"
    yield flex(bubble("{{x}}")), "token was not filled in"
    yield text("Hi [[MISSING TOKEN: contact.firstname]]"), "token was not filled in"
    yield text(**quick({**SAY, "label": "[[ missing token ]]"})), "token was not filled in"
    yield {"type": "textV2", "text": "Hi {{ contact.firstname }}"}, "token was not filled in"
    yield {"type": "textV2", "text": "Hi {name}"}, "name.* is not there"
    yield {"type": "textV2", "text": "Hi } you"}, "is not there"
    yield text(emojis=[{"index": 0}]), r"must point at a \$"
    yield text(emojis=[{"index": 99}]), "between"
    yield text(emojis=[{"index": "0"}]), "must be a number"
    yield text(sender=None), "null"
    yield text(quickReply={"items": [None]}), "null"
    yield text(odd=float("nan")), "number"
    yield text(odd=deep(2000)), "nested too deeply"
    yield flex(bubble(odd=float("inf"))), "number"
    yield {"type": "textV2", "text": "a", "substitution": {str(n): {} for n in range(101)}}, "100"
    yield {"type": "image", "originalContentUrl": "http://example.com/a"}, "https"
    yield {"type": "image", "originalContentUrl": "https://["}, "https"
    yield {"type": "image", "originalContentUrl": "https://a b.example.com"}, "https"
    yield {"type": "image", "originalContentUrl": URL + "\0"}, "https"
    yield {"type": "image", "originalContentUrl": URL + "\ud83d"}, "https"
    yield {"type": "image", "originalContentUrl": URL + "a" * 2000}, "LINE takes 2,000"
    yield {"type": "image", "originalContentUrl": URL}, "previewImageUrl is empty"
    yield {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL,
           "trackingId": "a" * 101}, "LINE takes 100"  # fmt: skip
    yield {"type": "audio", "originalContentUrl": URL}, "duration must be a number"
    yield {"type": "audio", "originalContentUrl": URL, "duration": True}, "duration must be"
    yield {"type": "location", "title": "a" * 101}, "LINE takes 100"
    place = {"type": "location", "title": "A", "address": "B", "latitude": 91, "longitude": 0}
    yield place, "between -90 and 90"
    yield {"type": "sticker", "packageId": "1"}, "stickerId is empty"
    yield imagemap(baseSize={"width": 700, "height": 5}), "between 1040 and 1040"
    yield imagemap(actions=[{"type": "message", "text": "a" * 401}]), "LINE takes 400"
    yield imagemap(altText="a" * 1501), "LINE takes 1,500"
    for outside in ({"x": 1040}, {"width": 1041}, {"x": 500, "width": 541}, {"y": -1}):
        area = {"x": 0, "y": 0, "width": 100, "height": 100, **outside}
        yield imagemap(actions=[{"type": "message", "text": "a", "area": area}]), "between"
    yield imagemap(actions=[{"type": "message", "text": "a"}]), "area"
    odd = "https://shop.example:99999/"
    yield imagemap(actions=[{"type": "uri", "linkUri": odd}]), "must begin with"
    yield imagemap(video={"externalLink": {"linkUri": odd, "label": "x"}}), "must begin with"
    yield from bad_templates()
    yield from bad_flexes()
    yield from bad_additions()


def bad_templates() -> Iterator[tuple[Message, str]]:
    yield template(type="buttons", text="a" * 161, actions=[OPEN]), "LINE takes 160"
    yield template(type="buttons", text="a" * 61, title="A", actions=[OPEN]), "LINE takes 60"
    crowded = template(type="buttons", text="a" * 61, thumbnailImageUrl=URL, actions=[OPEN])
    yield crowded, "LINE takes 60"
    yield template(type="buttons", text="a", title="a" * 41, actions=[OPEN]), "LINE takes 40"
    yield template(type="buttons", text="a", actions=[OPEN] * 5), "1 to 4"
    yield template(type="buttons", text="a", actions=[]), "1 to 4"
    yield template(type="confirm", text="a", actions=[OPEN]), "exactly 2"
    yield template(type="confirm", text="a" * 241, actions=[OPEN] * 2), "LINE takes 240"
    yield columns(*[column()] * 11), "1 to 10"
    yield columns(column(defaultAction={"type": "uri", "uri": "x"})), "must begin with"
    yield columns(column(), column(2)), "same number of buttons"
    yield columns(column(title="A"), column()), "same number of buttons"
    yield columns(column(thumbnailImageUrl=URL), column()), "same number of buttons"
    yield columns({"text": "a" * 121, "actions": [SAY]}), "LINE takes 120"
    yield columns(column(4)), "1 to 3"
    short = {"imageUrl": URL, "action": {**OPEN, "label": "a" * 13}}
    yield columns(short, kind="image_carousel"), "LINE takes 12"
    yield columns({"action": OPEN}, kind="image_carousel"), "imageUrl is empty"
    yield {"type": "template", "altText": "x"}, "template is missing"
    yield template(type="buttons", text="a", actions=["x"]), "no object"
    for action, words in [
        ({"type": "uri", "uri": "https://example.com"}, "label is empty"),
        ({**OPEN, "label": FAMILY * 21}, "has 21 characters; LINE takes 20"),
        ({**OPEN, "uri": "ftp://example.com"}, "must begin with"),
        ({**OPEN, "uri": "https://example.com/" + "a" * 1000}, "LINE takes 1,000"),
        ({"type": "postback", "label": "A"}, "data is empty"),
        ({"type": "postback", "label": "A", "data": "a" * 301}, "LINE takes 300"),
        ({"type": "postback", "label": "A", "data": "🎉" * 151}, "LINE takes 300"),
        ({"type": "postback", "label": "A", "data": "a", "fillInText": "a" * 301}, "300"),
        ({"type": "postback", "label": "A", "data": "a", "displayText": "a" * 301}, "300"),
        ({**SAY, "text": "a" * 301}, "LINE takes 300"),
        ({"type": "datetimepicker", "label": "A", "data": "a", "mode": "week"}, "mode"),
        (
            {
                "type": "datetimepicker",
                "label": "A",
                "data": "a",
                "mode": "date",
                "min": "24.12.2026",
            },
            "must be written like 2026-12-24",
        ),
        ({**OPEN, "altUri": {"desktop": "ftp://a.example"}}, "must begin with"),
        ({**OPEN, "uri": "https://shop.example:99999/"}, "must begin with"),
        ({**OPEN, "uri": "https://shop.example:0/"}, "must begin with"),
        ({**OPEN, "uri": "https://faß.example/"}, "must begin with"),
        ({"type": "richmenuswitch", "label": "A", "data": "a"}, "richMenuAliasId is empty"),
        ({"type": "clipboard", "label": "A"}, "clipboardText is empty"),
    ]:
        yield template(type="buttons", text="a", actions=[action]), words


def bad_flexes() -> Iterator[tuple[Message, str]]:
    yield flex({"type": "box"}), "bubble or a carousel"
    yield flex(None), "null"
    yield flex([]), "contents is missing"
    yield flex(bubble(), altText="a" * 1501), "LINE takes 1,500"
    yield flex(bubble("あ" * 11_000)), r"KB; LINE takes 30"
    yield flex({"type": "carousel", "contents": [bubble()] * 13}), "1 to 12"
    yield flex({"type": "carousel", "contents": [bubble("a" * 9000)] * 6}), "LINE takes 50"
    yield flex({"type": "carousel", "contents": [bubble("a" * 31_000)]}), "LINE takes 30"
    uneven = [bubble(size="kilo"), bubble()]
    yield flex({"type": "carousel", "contents": uneven}), "the same size"
    yield flex({"type": "carousel", "contents": [{"type": "box"}]}), "bubbles only"
    yield flex(bubble(action={**OPEN, "label": "a" * 41})), "LINE takes 40"
    yield flex(bubble(footer={"contents": [{"action": {"type": "uri"}}]})), "uri is empty"


def bad_additions() -> Iterator[tuple[Message, str]]:
    yield text(**quick(*[SAY] * 14)), "1 to 13"
    yield text(quickReply={"items": []}), "1 to 13"
    yield text(**quick({**SAY, "label": "a" * 21})), "LINE takes 20"
    yield text(quickReply={"items": [{"type": "action"}]}), "action is missing"
    yield text(sender={"name": "a" * 21}), "LINE takes 20"
    yield text(sender={"name": "🎉" * 11}), "has 22 characters; LINE takes 20"
    yield text(sender={"iconUrl": "http://example.com/i.png"}), "https"


@pytest.mark.parametrize(("message", "words"), list(bad()))
def test_what_line_would_refuse_is_said_before(message: Message, words: str) -> None:
    with pytest.raises(InvalidMessage, match=f"(?i){words}"):
        check_messages([message], count_clusters)


def test_every_problem_can_be_said_in_japanese() -> None:
    catalogue = Translations.load(ROOT / "plugin/translations", ["ja"])
    texts: set[str] = set()

    def note(words: str) -> str:
        texts.add(words)
        return words

    for message, _ in bad():
        with pytest.raises(InvalidMessage) as refused:
            check_messages([text(), message], count_clusters)
        refused.value.problem.translated(note)
    assert "Message %(number)d" in texts
    assert not [words for words in texts if catalogue.gettext(words) == words]


def test_of_several_messages_the_bad_one_is_named() -> None:
    with pytest.raises(InvalidMessage, match="Message 2, quickReply, quick reply 1, action"):
        check_messages([text(), text(**quick({"type": "camera"}))], count_clusters)


@pytest.mark.parametrize(("messages", "words"), [([], "empty"), ([text()] * 6, "five")])
def test_one_to_five_messages(messages: list[Message], words: str) -> None:
    with pytest.raises(InvalidMessage, match=f"(?i){words}"):
        check_messages(messages, count_clusters)


@pytest.mark.parametrize(
    ("said", "count"), [("", 0), ("abc", 3), ("が", 1), (FAMILY, 1), ("🇯🇵🇹🇭", 2), ("👍🏽", 1)]
)
def test_what_a_reader_calls_characters(said: str, count: int) -> None:
    assert count_clusters(said) == count
