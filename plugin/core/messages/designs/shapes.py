"""Eight designs by hand: what they look like, and the words they begin with.

Sizes and colours are LINE's (reference, "Flex Message"); a design of one accent colour and much air
looks right in LINE's light and dark theme, since a bubble keeps its own ground.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plugin.core.text.sentences import N_

INK, SOFT, EDGE = "#1f2430", "#6b7280", "#e5e7eb"
Part = dict[str, Any]


class Design(NamedTuple):
    """`starter`: the words of its fields, in English until a page translates them; `buttons`: the
    labels of its buttons; `says`: a tap says the label instead of opening an address."""

    name: str
    bubble: Part
    colour: str
    starter: Mapping[str, str]
    buttons: tuple[str, ...] = ()
    says: bool = False
    pictured: bool = False


def _text(text: str, size: str = "sm", colour: str = INK, **more: Any) -> Part:
    return {"type": "text", "text": text, "size": size, "color": colour, "wrap": True, **more}


def _box(*contents: Part, layout: str = "vertical", **more: Any) -> Part:
    return {"type": "box", "layout": layout, "contents": list(contents), **more}


def _optional(name: str, part: Part) -> Part:
    return {"$if": name, **part}


def _title(size: str = "xl", colour: str = INK) -> Part:
    return _text("$title", size, colour, weight="bold")


def _words(colour: str = SOFT) -> Part:
    return _optional("text", _text("$text", "sm", colour))


def _hero(ratio: str = "20:13") -> Part:
    look = {"size": "full", "aspectRatio": ratio, "aspectMode": "cover"}
    return _optional("image_url", {"type": "image", "url": "$image_url", **look})


def _pair(left: int, right: int, **more: Any) -> Part:
    line = [
        _text("$left", "sm", SOFT, flex=left),
        _text("$right", "sm", INK, flex=right, **more),
    ]
    alone = _text("$left", "sm", INK)
    return {"$rows": [_box(*line, layout="horizontal", spacing="md"), alone]}


def _rows(left: int = 2, right: int = 5, **more: Any) -> Part:
    return _optional("rows", _box(_pair(left, right, **more), spacing="sm", margin="lg"))


def _footer(first: str = "primary", others: str = "secondary") -> Part:
    shape = {"type": "button", "height": "sm", "action": "$action"}
    buttons = [
        {**shape, "style": first, **({"color": "$colour"} if first == "primary" else {})},
        {**shape, "style": others},
    ]
    return _optional("actions", _box({"$buttons": buttons}, spacing="sm", paddingAll="16px"))


def _band(*contents: Part) -> Part:
    return _box(*contents, backgroundColor="$colour", paddingAll="20px", spacing="sm")


def _body(*contents: Part, spacing: str = "md") -> Part:
    return _box(*contents, spacing=spacing, paddingAll="20px")


def _bubble(size: str = "mega", **parts: Part) -> Part:
    return {"type": "bubble", "size": size, **parts}


LINE = {"type": "separator", "margin": "lg", "color": EDGE}
DASHES = _box(height="1px", backgroundColor=EDGE, margin="lg")
ON = "$on_colour"
_LABEL = _optional("note", _text("$note", "xs", "$colour", weight="bold"))
_LABEL_ON = _optional("note", _text("$note", "xs", ON, weight="bold"))
_PRICE = _optional("note", _text("$note", "lg", "$colour", weight="bold"))
_CARD = _bubble(
    "kilo",
    hero=_hero("1:1"),
    body=_body(_title("md"), _words(), _PRICE, spacing="sm"),
    footer=_footer(),
)

DESIGNS: dict[str, Design] = {
    "announcement": Design(
        N_("Announcement"),
        _bubble(hero=_hero(), body=_body(_LABEL, _title(), _words()), footer=_footer()),
        "#b3312d",
        {"note": N_("NEWS"), "title": N_("The new season has arrived"),
         "text": N_("See what is new, in the shop and online.")},
        (N_("See what is new"),),
        pictured=True,
    ),
    "event": Design(
        N_("Event invitation"),
        _bubble(hero=_hero("16:9"), body=_body(_LABEL, _title(), _words(), LINE, _rows()),
                footer=_footer()),
        "#1f5f8b",
        {"note": N_("YOU ARE INVITED"), "title": N_("An evening in our shop"),
         "text": N_("Drinks, music and the new collection before anybody else sees it."),
         "rows": N_("When | Friday 18:00\nWhere | Our shop, second floor")},
        (N_("I am coming"), N_("I cannot come")),
        says=True,
        pictured=True,
    ),
    "coupon": Design(
        N_("Coupon to show"),
        _bubble(header=_band(_LABEL_ON, _title("3xl", ON)),
                body=_body(_words(INK), DASHES, _rows()), footer=_footer()),
        "#c2410c",
        {"note": N_("ONLY FOR FRIENDS"), "title": N_("¥500 off"),
         "text": N_("Show this message when you pay."),
         "rows": N_("Valid until | the end of the month\nCode | FRIEND10")},
        (N_("Open the shop"),),
    ),
    "products": Design(
        N_("Product carousel"), _CARD, "#b3312d",
        {"title": N_("Name of the product"), "text": N_("One sentence why it is good."),
         "note": N_("¥3,200")},
        (N_("Look at it"),),
        pictured=True,
    ),
    "appointment": Design(
        N_("Appointment reminder"),
        _bubble(header=_band(_LABEL_ON, _title("lg", ON)),
                body=_body(_rows(), _optional("text", {**LINE}), _words()), footer=_footer()),
        "#0f766e",
        {"note": N_("REMINDER"), "title": N_("We look forward to seeing you"),
         "text": N_("If something comes up, one tap is enough."),
         "rows": N_("Day | Tuesday\nTime | 10:00\nWith | our team")},
        (N_("I will be there"), N_("Another time, please")),
        says=True,
    ),
    "shop": Design(
        N_("Shop card"),
        _bubble(hero=_hero(), body=_body(_title(), _words(), _rows()),
                footer=_footer("link", "link")),
        "#1f2430",
        {"title": N_("Our shop"), "text": N_("Two minutes from the station, beside the park."),
         "rows": N_("Open | 10:00 to 20:00\nClosed | Wednesdays")},
        (N_("Show the way"), N_("Call us")),
        pictured=True,
    ),
    "survey": Design(
        N_("Survey"),
        _bubble(body=_body(_LABEL, _title("lg"), _words()), footer=_footer("secondary")),
        "#7c3aed",
        {"note": N_("ONE QUESTION"), "title": N_("How was your visit?"),
         "text": N_("One tap helps us to become better.")},
        (N_("Very good"), N_("All right"), N_("Not so good")),
        says=True,
    ),
    "receipt": Design(
        N_("Receipt"),
        _bubble(body=_body(_LABEL, _title("xxl"), _words(), LINE, _rows(4, 2, align="end")),
                footer=_footer("link", "link")),
        "#1a7f4b",
        {"note": N_("RECEIPT"), "title": N_("Thank you"),
         "text": N_("This is what you bought today."),
         "rows": N_("Rice ball, salmon | ¥160\nGreen tea | ¥130\nTotal | ¥290")},
        (N_("Open the receipt"),),
    ),
}  # fmt: skip
CAROUSELS = ("products",)
