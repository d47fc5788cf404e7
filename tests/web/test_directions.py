"""Names of others' making on every page: none turns the direction of what stands around it."""

import re
from html.parser import HTMLParser

from sqlalchemy import update

from plugin.core.bidi import FSI, PDI, can_reorder
from plugin.models import (
    Contact,
    Friend,
    ListImport,
    ListPreparation,
    OfficialAccount,
    QRCode,
    Tagging,
    Template,
    db,
)
from plugin.models.transaction import transaction
from tests.browser.places import friend_pages, team_pages
from tests.support.people import carry
from tests.support.world import Tenant, World

# Hebrew, and a sign that turns everything behind it.
NAME = "דנה\u202eevil"
SPOKEN = ("title", "alt", "aria-label", "placeholder")
WITHOUT_END = {"img", "input", "link", "meta", "br", "hr", "path", "rect", "circle", "option"}
ISOLATED = re.compile(f"{FSI}[^{FSI}{PDI}]*{PDI}")


class Turned(HTMLParser):
    """Collects what would turn its surroundings."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[tuple[str, bool]] = []
        self.found: list[str] = []
        self.seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name in SPOKEN:
            self._judge(f"{tag}.{name}", values.get(name) or "")
        safe = tag in ("bdi", "textarea", "script") or values.get("dir") == "auto"
        if tag not in WITHOUT_END:
            self.inside.append((tag, safe))

    def handle_endtag(self, tag: str) -> None:
        while self.inside and tag not in WITHOUT_END and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(safe for _, safe in self.inside):
            self.seen += can_reorder(data)
        else:
            self._judge(self.inside[-1][0] if self.inside else "", data)

    def _judge(self, place: str, text: str) -> None:
        self.seen += can_reorder(text)
        if can_reorder(ISOLATED.sub("", text)):
            self.found.append(f"{place}: {text.strip()[:80]!r}")


def test_no_name_turns_its_surroundings(world: World, alice: Tenant) -> None:
    paths = team_pages(world, alice)
    friends = friend_pages(world, alice)
    rename_everything(world)
    paths += ["/friends?q=evil", "/log?q=evil", "/email/prepare?q=evil", "/import/new?q=evil"]
    turned, seen = {}, 0
    for path in [*paths, *friends]:
        reader = Turned()
        reader.feed(alice.walker.go(world.url + path).html)
        seen += reader.seen
        if reader.found:
            turned[path] = reader.found
    assert turned == {}
    assert seen > 100, "the names are not on the pages"


def test_a_sentence_about_a_name_keeps_its_direction(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/qr-codes/new")
    page = alice.walker.submit(name=NAME)
    assert f"{FSI}{NAME}{PDI} is ready." in page.text
    assert f"<bdi>{NAME}</bdi>" in page.html


def rename_everything(world: World) -> None:
    names: dict[type, tuple[str, ...]] = {
        Contact: ("firstname", "lastname"),
        Friend: ("display_name",),
        ListImport: ("list_name",),
        ListPreparation: ("list_name",),
        OfficialAccount: ("name",),
        QRCode: ("name", "greeting"),
        Template: ("name",),
    }
    with world.app.app_context(), transaction() as session:
        for model, columns in names.items():
            session.execute(update(model).values(dict.fromkeys(columns, NAME)))
        for tagged in (QRCode, Tagging):
            session.execute(update(tagged).values(tags=[NAME, "VIP"]))
        for friend in db.session.scalars(db.select(Friend)).unique():
            carry(friend, NAME, "VIP")
