"""Which messages the LINE stand-in takes, and in which words it refuses the others."""

from typing import Any

import pytest
from linebot.v3.messaging import ApiException, TextMessage, ValidateMessageRequest

from plugin.sandbox.line.checks.flex import check_flex
from plugin.sandbox.line.checks.rules import graphemes, utf16
from tests.sandbox.line.rig import TEXT, Line

PATH = "/v2/bot/message/validate/push"
PICTURE = "https://example.com/a.png"
POSTBACK = {"type": "postback", "label": "Yes", "data": "yes"}
URI = {"type": "uri", "label": "Open", "uri": "https://example.com/"}


def template(**members: Any) -> dict[str, Any]:
    return {"type": "template", "altText": "Choose", "template": members}


def confirm(*actions: Any) -> dict[str, Any]:
    return template(type="confirm", text="Sure?", actions=list(actions))


def carousel(*columns: Any) -> dict[str, Any]:
    return template(type="carousel", columns=list(columns))


def bubble(*contents: Any, **members: Any) -> dict[str, Any]:
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "bubble", "body": body, **members}


def flex(contents: Any) -> dict[str, Any]:
    return {"type": "flex", "altText": "A card", "contents": contents}


COLUMN = {"text": "One", "actions": [POSTBACK]}
GOOD = [
    TEXT,
    {"type": "text", "text": "a" * 5000},
    {"type": "text", "text": "\U0001f600" * 2500},
    {"type": "text", "text": "$ hi", "emojis": [{"index": 0, "productId": "p", "emojiId": "1"}]},
    {"type": "textV2", "text": "Hello {name} {{x}}", "substitution": {"name": {}}},
    {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    {"type": "image", "originalContentUrl": PICTURE, "previewImageUrl": PICTURE},
    {"type": "location", "title": "Here", "address": "1-1", "latitude": 35.0, "longitude": 139.0},
    confirm(POSTBACK, URI),
    template(type="buttons", text="t" * 160, actions=[POSTBACK]),
    carousel(COLUMN, COLUMN),
    template(type="image_carousel", columns=[{"imageUrl": PICTURE, "action": URI}]),
    flex(bubble({"type": "text", "text": "hi"})),
    flex({"type": "carousel", "contents": [bubble(), bubble()]}),
    {**TEXT, "quickReply": {"items": [{"type": "action", "action": POSTBACK}]}},
    {**TEXT, "sender": {"name": "Alice", "iconUrl": PICTURE}},
]
BAD = [
    ({"type": "text", "text": ""}, "messages[0].text", "May not be empty"),
    ({"type": "text"}, "messages[0].text", "May not be empty"),
    ({"type": "text", "text": "a" * 5001}, "messages[0].text", "Length must be between 0 and 5000"),
    ({"type": "text", "text": "\U0001f600" * 2501}, "messages[0].text", "Length must be"),
    ({"type": "text", "text": 7}, "messages[0].text", "type of the value"),
    ({"type": "text", "text": "hi", "emojis": [{"index": 0}]}, "messages[0].emojis[0].index", "$"),
    ({"type": "textV2", "text": "Hello {name}"}, "messages[0].text", "{name}"),
    ({"type": "bogus"}, "messages[0].type", "Must be one of the following values"),
    ({**TEXT, "quickReply": None}, "messages[0].quickReply", "must not be null"),
    (
        {
            "type": "image",
            "originalContentUrl": "http://example.com/a.png",
            "previewImageUrl": PICTURE,
        },
        "messages[0].originalContentUrl",
        "HTTPS",
    ),
    (confirm(POSTBACK), "messages[0].template.actions", "Size must be between 2 and 2"),
    (
        template(type="buttons", title="T", text="t" * 61, actions=[POSTBACK]),
        "messages[0].template.text",
        "Length must be between 0 and 60",
    ),
    (
        carousel(COLUMN, {**COLUMN, "title": "Two"}),
        "messages[0].template.columns",
        "same shape",
    ),
    (
        confirm({**POSTBACK, "label": "x" * 21}, URI),
        "messages[0].template.actions[0].label",
        "Length must be between 0 and 20",
    ),
    (
        confirm({**URI, "uri": "ftp://example.com"}, POSTBACK),
        "messages[0].template.actions[0].uri",
        "invalid uri scheme",
    ),
    (
        {**TEXT, "quickReply": {"items": [{"action": POSTBACK}] * 14}},
        "messages[0].quickReply.items",
        "Size must be between 1 and 13",
    ),
    ({**TEXT, "sender": {"name": "LINE shop"}}, "messages[0].sender.name", "not allowed"),
]


@pytest.mark.parametrize("message", GOOD)
def test_a_right_message_is_taken(line: Line, message: dict[str, Any]) -> None:
    answer = line.api("POST", PATH, {"messages": [message]})
    assert (answer.status, answer.json()) == (200, {})


@pytest.mark.parametrize(("message", "place", "words"), BAD)
def test_a_wrong_message_is_named_by_its_property(
    line: Line, message: dict[str, Any], place: str, words: str
) -> None:
    answer = line.api("POST", PATH, {"messages": [message]})
    assert answer.status == 400
    assert answer.json()["message"] == "The request body has 1 error(s)"
    [detail] = answer.json()["details"]
    assert detail["property"] == place
    assert words in detail["message"]


@pytest.mark.parametrize(
    ("contents", "place"),
    [
        (bubble({"type": "text"}), "/body/contents/0/text"),
        (bubble({"type": "spacer"}), "/body/contents/0"),
        (bubble({"type": "icon", "url": PICTURE}), "/body/contents/0"),
        (bubble({"type": "button"}), "/body/contents/0/action"),
        (bubble(hero={"type": "image", "url": "x"}), "/hero/url"),
        ({"type": "bubble", "body": {"type": "box"}}, "/body/layout"),
        ({"type": "carousel", "contents": [bubble(size="kilo"), bubble()]}, "/contents"),
        ({"type": "carousel", "contents": [bubble()] * 13}, "/contents"),
        (bubble({"type": "text", "text": "x" * 30_000}), "/"),
        ({"type": "box"}, "/type"),
    ],
)
def test_flex_is_refused_with_a_pointer(line: Line, contents: Any, place: str) -> None:
    answer = line.api("POST", PATH, {"messages": [TEXT, flex(contents)]})
    assert answer.status == 400
    assert answer.json()["message"] == "A message (messages[1]) in the request body is invalid"
    assert place in [detail["property"] for detail in answer.json()["details"]]


@pytest.mark.parametrize("contents", [None, [], "bubble", 1, {"type": "bubble", "body": [1]}])
def test_any_flex_contents_give_an_answer(contents: Any) -> None:
    assert check_flex(contents)


@pytest.mark.parametrize("count", [0, 6])
def test_one_to_five_messages(line: Line, count: int) -> None:
    answer = line.api("POST", PATH, {"messages": [TEXT] * count})
    assert answer.json()["details"] == [
        {"message": "Size must be between 1 and 5", "property": "messages"}
    ]


def test_every_complaint_is_counted(line: Line) -> None:
    messages = [{"type": "text", "text": ""}, {"type": "bogus"}]
    answer = line.api("POST", PATH, {"messages": messages}).json()
    assert answer["message"] == "The request body has 2 error(s)"
    assert len(answer["details"]) == 2


def test_what_is_no_json_says_so(line: Line) -> None:
    url = f"{line.config.base_url}/line-api/v2/bot/message/push"

    def send(body: bytes, kind: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {line.token()}", "Content-Type": kind}
        return line.http.request("POST", url, body=body, headers=headers)

    assert send(b"{").status == 400
    assert "could not be parsed" in send(b"[]").json()["message"]
    assert send(b"{}", "text/plain").status == 415
    assert send(b" " * (2 * 1024 * 1024 + 1)).status == 413


def test_the_sdk_reads_the_details(line: Line) -> None:
    request = ValidateMessageRequest(messages=[TextMessage(text="")])
    with pytest.raises(ApiException) as caught:
        line.sdk().validate_push(request)
    assert "messages[0].text" in caught.value.body


@pytest.mark.parametrize(
    ("text", "units", "clusters"),
    [
        ("abc", 3, 3),
        ("日本", 2, 2),
        ("\U0001f600", 2, 1),
        ("e\u0301", 2, 1),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 8, 1),
        ("\U0001f1ef\U0001f1f5\U0001f1f9\U0001f1ed", 8, 2),
        ("\U0001f44d\U0001f3fd", 4, 1),
    ],
)
def test_lengths_are_counted_in_two_ways(text: str, units: int, clusters: int) -> None:
    assert (utf16(text), graphemes(text)) == (units, clusters)
