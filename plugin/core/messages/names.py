"""Name places in a message: by LINE's member names, which a page can translate."""

from plugin.core.text.sentences import N_, Sentence

# Members of LINE's message objects that a sentence may name.
NAMES = frozenset(
    {
        N_("action"),
        N_("actions"),
        N_("address"),
        N_("altText"),
        N_("area"),
        N_("baseSize"),
        N_("baseUrl"),
        N_("clipboardText"),
        N_("columns"),
        N_("contents"),
        N_("couponId"),
        N_("data"),
        N_("deliveryTag"),
        N_("displayText"),
        N_("duration"),
        N_("emojis"),
        N_("height"),
        N_("iconUrl"),
        N_("imageUrl"),
        N_("index"),
        N_("items"),
        N_("label"),
        N_("latitude"),
        N_("linkUri"),
        N_("longitude"),
        N_("name"),
        N_("originalContentUrl"),
        N_("packageId"),
        N_("previewImageUrl"),
        N_("quickReply"),
        N_("richMenuAliasId"),
        N_("sender"),
        N_("stickerId"),
        N_("template"),
        N_("text"),
        N_("thumbnailImageUrl"),
        N_("title"),
        N_("trackingId"),
        N_("type"),
        N_("uri"),
        N_("width"),
        N_("x"),
        N_("y"),
    }
)


def named(name: str) -> Sentence | str:
    return Sentence(name) if name in NAMES else name


def message_at(number: int) -> Sentence:
    return Sentence("Message %(number)d", number=number)


def inside(place: Sentence | None, inner: Sentence | str) -> Sentence:
    if place is None:
        return inner if isinstance(inner, Sentence) else Sentence(inner)
    return Sentence("%(place)s, %(inner)s", place=place, inner=inner)
