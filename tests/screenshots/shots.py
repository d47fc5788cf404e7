"""Which pictures there are: of which page, how wide, in which languages."""

from typing import NamedTuple

from plugin.web.guides.reading import LANGUAGES, PICTURES, SIZES
from tests.screenshots.shop import Shop
from tests.support.walker import Walker


class Shot(NamedTuple):
    """A page: the names in its path are those of `Shop.ids`."""

    path: str
    sizes: tuple[str, ...] = ("desktop",)


BOTH = ("desktop", "phone")
SHOTS = {
    "dashboard": Shot("/", BOTH),
    "friends": Shot("/friends"),
    "friend": Shot("/friends/{friend}"),
    "qr-code": Shot("/qr-codes/{qr-code}"),
    "confirm": Shot("{confirm}", ("phone",)),
    "template": Shot("/templates/{template}"),
    "segment": Shot("/segments/{segment}"),
    "check": Shot("/broadcasts/{draft}/check", BOTH),
    "results": Shot("/broadcasts/{broadcast}"),
    "inbox": Shot("/inbox/{conversation}", BOTH),
    "account": Shot("/accounts/{account}"),
}


def file_names() -> list[str]:
    return [
        f"{name}.{language}.{size}.png"
        for name, shot in SHOTS.items()
        for language in LANGUAGES
        for size in shot.sizes
    ]


def jobs(shop: Shop, names: list[str]) -> list[dict[str, object]]:
    """What the camera is told, a picture each, with the cookies of who looks."""
    phone = shop.at_the_question()
    values: dict[str, object] = {**shop.ids, "account": shop.tenant.account_id}
    values["confirm"] = phone.page.url.removeprefix(shop.world.url)
    made: list[dict[str, object]] = []
    for name, shot in SHOTS.items():
        if names and not name.startswith(tuple(names)):
            continue
        walker = phone if name == "confirm" else shop.tenant.walker
        common: dict[str, object] = {
            "path": shot.path.format_map(values),
            "language": shop.language,
        }
        common["cookies"] = _cookies(walker, shop.world.url)
        for size in shot.sizes:
            file = PICTURES / f"{name}.{shop.language}.{size}.png"
            made.append({"file": str(file), "size": SIZES[size], **common})
    return made


def _cookies(walker: Walker, url: str) -> list[dict[str, str]]:
    return [
        {"name": one.name, "value": str(one.value), "url": url}
        for one in walker.session.cookies
        if not one.path.startswith("/sandbox")
    ]
