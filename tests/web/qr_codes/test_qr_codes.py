"""QR codes: made, shown as pictures that say the linkage URL, counted, archived."""

import struct

import pytest

from plugin.models import QRCode, db
from plugin.models.transaction import transaction
from plugin.services.login_flow.session import add_visit
from plugin.services.qr_codes.codes import linkage_url
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import csrf_of, marks


def codes(world: World) -> list[QRCode]:
    with world.app.app_context():
        return list(db.session.scalars(db.select(QRCode).order_by(QRCode.id)))


@pytest.mark.both_databases
def test_a_portal_without_an_account_is_led_to_connect_one(world: World) -> None:
    walker = world.install().walker
    assert {"empty", "connect"} <= set(marks(walker.go(f"{world.url}/qr-codes")))
    page = walker.go(f"{world.url}/qr-codes/new")
    assert page.status == 200
    assert "code-form" not in marks(page)


@pytest.mark.parametrize("kind", ["hubspot", "none"])
def test_a_new_code_shows_its_address_and_pictures(world: World, alice: Tenant, kind: str) -> None:
    alice.walker.go(f"{world.url}/qr-codes/new")
    page = alice.walker.submit(name="Shop counter", linkage_type=kind)
    made = codes(world)[-1]
    assert (made.name, made.linkage_type) == ("Shop counter", kind)
    assert page.url == f"{world.url}/qr-codes/{made.id}"
    with world.app.app_context():
        assert f'value="{linkage_url(world.deps, made)}"' in page.html
    assert {"qr-image", "download-png", "download-svg", "funnel"} <= set(marks(page))


@pytest.mark.parametrize(
    "changed",
    [{"name": ""}, {"name": "   "}, {"name": "a" * 121}, {"linkage_type": "all"}, {"account": "x"}],
)
def test_what_cannot_be_is_refused_in_words(
    world: World, alice: Tenant, changed: dict[str, str]
) -> None:
    alice.walker.go(f"{world.url}/qr-codes/new")
    page = alice.walker.submit(
        -1, None, **{"name": "Counter", "linkage_type": "hubspot", **changed}
    )
    assert page.status == 422
    assert 'class="error"' in page.html
    assert len(codes(world)) == 1


def test_a_foreign_account_cannot_be_chosen(world: World, alice: Tenant, charlie: Tenant) -> None:
    alice.walker.go(f"{world.url}/qr-codes/new")
    page = alice.walker.submit(name="Mine?", account=str(charlie.account_id))
    assert page.status == 422
    assert len(codes(world)) == 2


def test_the_pictures_are_png_and_svg_of_the_asked_size(world: World, alice: Tenant) -> None:
    session, base = alice.walker.session, f"{world.url}/qr-codes/{alice.qr_code_id}"
    png = session.get(f"{base}.png?scale=20&download=1")
    assert png.headers["Content-Type"] == "image/png"
    assert png.headers["Content-Disposition"].startswith("attachment")
    width = struct.unpack(">I", png.content[16:20])[0]
    assert width % 20 == 0
    small = session.get(f"{base}.png?scale=1")
    assert struct.unpack(">I", small.content[16:20])[0] == width // 20
    svg = session.get(f"{base}.svg")
    assert svg.headers["Content-Type"].startswith("image/svg+xml")
    assert b"<svg" in svg.content
    for wish in ("0", "-5", "100000000", "x", "1e9"):
        answer = session.get(f"{base}.png?scale={wish}")
        assert answer.status_code == 200
        assert len(answer.content) < 100_000


@pytest.mark.both_databases
def test_the_card_shows_how_far_it_brought_them(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        for outcome, times in (("scan", 3), ("login", 2), ("linked", 1)):
            for _ in range(times):
                add_visit(alice.qr_code_id, outcome)
    text = alice.walker.go(f"{world.url}/qr-codes").text
    assert "3 scans 2 logins 1 link" in text


@pytest.mark.both_databases
def test_many_codes_take_no_more_statements_than_one(world: World, alice: Tenant) -> None:
    with sql_of(world) as one:
        alice.walker.go(f"{world.url}/qr-codes")
    with world.app.app_context():
        account = world.account(alice)
        rows = [
            QRCode(
                official_account_id=account.id,
                slug=f"slug-{number}",
                name=f"Code {number}",
                linkage_type="none",
                created_at=account.created_at,
            )
            for number in range(30)
        ]
        with transaction() as session:
            session.add_all(rows)
    with sql_of(world) as many:
        page = alice.walker.go(f"{world.url}/qr-codes")
    assert marks(page).count("code") == 31
    assert len(many) == len(one)


def test_archiving_says_the_consequence_and_hides_the_code(world: World, alice: Tenant) -> None:
    walker = alice.walker
    page = walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}")
    assert "This cannot be undone" in page.text
    data = {"csrf_token": csrf_of(page)}
    walker.session.post(f"{world.url}/qr-codes/{alice.qr_code_id}/archive", data=data)
    assert walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}").status == 404
    assert "empty" in marks(walker.go(f"{world.url}/qr-codes"))
    assert codes(world)[0].archived_at is not None
