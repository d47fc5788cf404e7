"""What a team chooses for a code: how it looks, what it gives, when it is open, its figures."""

from datetime import timedelta

import pytest
from babel.dates import format_date

from plugin.core.clock import utcnow
from plugin.models import QRCode
from plugin.models.transaction import transaction
from plugin.services.login_flow.session import add_visit
from tests.support.pictures import drawn, middle_of, opened, printed, saved, scanned
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone, visits
from tests.web.pages import csrf_of, marks

RED = saved(drawn("red"))
GOOD = {
    "name": "Poster",
    "destination": "https://example.com/thanks?from=line",
    "tags": "VIP, summer",
    "greeting": "Hello {{ contact.firstname | default('friend') }}",
    "starts_on": "2026-01-01",
    "ends_on": "2099-12-31",
    "dark": "#003366",
    "light": "#ffffee",
    "by_token": "y",
    "by_form": "y",
}


def edit(world: World, tenant: Tenant, values: dict[str, str], logo: bytes | None = None) -> Page:
    walker, address = tenant.walker, f"{world.url}/qr-codes/{tenant.qr_code_id}/edit"
    data = {"csrf_token": csrf_of(walker.go(address)), **values}
    files = {"logo": ("logo.png", logo, "image/png")} if logo is not None else None
    return walker._arrive(walker.session.post(address, data=data, files=files, timeout=30))


def chosen(world: World, tenant: Tenant) -> QRCode:
    with world.app.app_context():
        return world.code(tenant)


def change(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction():
        for name, value in values.items():
            setattr(world.code(tenant), name, value)


@pytest.mark.both_databases
def test_everything_chosen_is_kept_and_shown_again(world: World, alice: Tenant) -> None:
    page = edit(world, alice, GOOD)
    assert page.status == 200, page.text
    assert {"chart", "choices", "download-pdf", "season"} <= set(marks(page))
    code = chosen(world, alice)
    assert (code.name, code.tags) == ("Poster", ["VIP", "summer"])
    assert (code.by_token, code.by_email, code.by_form, code.makes_contact) == (
        True, False, True, False,
    )  # fmt: skip
    assert code.ends_at is not None
    shown = alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}/edit")
    values = shown.forms[-1].fields
    for name in ("destination", "dark", "starts_on", "ends_on"):
        assert values[name] == GOOD[name]
    assert values["tags"] == "VIP, summer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"destination": "http://example.com"},
        {"destination": "javascript:alert(1)"},
        {"destination": "//example.com"},
        {"destination": "https://a@example.com/"},
        {"destination": "https://example.com/\\evil"},
        {"tags": "x" * 51},
        {"greeting": "x" * 5001},
        {"greeting": "Hello {{ first name }}"},
        {"ends_on": "2025-12-31"},
        {"dark": "#ffffff", "light": "#000000"},
        {"dark": "#888888", "light": "#ffffff"},
        {"dark": "red"},
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    world: World, alice: Tenant, wrong: dict[str, str]
) -> None:
    page = edit(world, alice, {**GOOD, **wrong})
    assert page.status == 422
    assert any(mark.startswith("error-") for mark in marks(page))
    assert chosen(world, alice).name == "Counter"


def test_what_line_would_not_take_is_said_in_the_language_of_the_page(
    world: World, alice: Tenant
) -> None:
    alice.walker.go(f"{world.url}/?lang=ja")
    page = edit(world, alice, {**GOOD, "greeting": "x" * 5001})
    assert "LINEで送れない内容です：テキストが5,001文字あります。" in page.text


@pytest.mark.parametrize(
    ("logo", "words"),
    [
        (b"GIF89a", "This is not a whole PNG or JPEG picture."),
        (RED[:40], "This is not a whole PNG or JPEG picture."),
        (saved(drawn("red", 1025, 1)), "The picture may have 1,024 pixels a side at most."),
        (saved(drawn("red"), moving=True), "The picture moves. Save it as a still one."),
        (b"x" * (200 * 1024 + 1), "The file may have 200 KB at most."),
    ],
)
def test_a_logo_that_cannot_be_is_refused_with_the_reason(
    world: World, alice: Tenant, logo: bytes, words: str
) -> None:
    page = edit(world, alice, GOOD, logo)
    assert page.status == 422
    assert "error-logo" in marks(page)
    assert words in page.text
    assert not chosen(world, alice).has_logo


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_colours_and_logo_are_in_every_picture(world: World, alice: Tenant, kind: str) -> None:
    assert edit(world, alice, GOOD, saved(drawn("red"), kind)).status == 200
    assert chosen(world, alice).has_logo
    base, session = f"{world.url}/qr-codes/{alice.qr_code_id}", alice.walker.session
    png = session.get(f"{base}.png?scale=4").content
    picture = opened(png)
    assert picture.getpixel((0, 0)) == (0xFF, 0xFF, 0xEE)
    assert middle_of(png) in {(255, 0, 0), (254, 0, 0)}
    assert (0x00, 0x33, 0x66) in picture.get_flattened_data()
    svg = session.get(f"{base}.svg").text
    assert "#036" in svg or "#003366" in svg
    assert "data:image/png;base64," in svg
    pdf = session.get(f"{base}.pdf")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Content-Disposition"] == (
        f"attachment; filename=qr-code-{alice.qr_code_id}.pdf"
    )
    look = printed(pdf.content).picture
    assert look.getpixel((0, 0)) == (0xFF, 0xFF, 0xEE)
    assert look.getpixel((look.width // 2, look.height // 2)) in {(255, 0, 0), (254, 0, 0)}
    assert scanned(look) == [f"{world.url}/l/{alice.slug}"]
    edit(world, alice, {**GOOD, "no_logo": "y"})
    assert not chosen(world, alice).has_logo


@pytest.mark.both_databases
def test_a_code_outside_its_days_has_a_page_of_its_own(world: World, alice: Tenant) -> None:
    now = utcnow()
    for values, outcome, status in (
        ({"starts_at": now + timedelta(days=1)}, "too_early", 403),
        ({"starts_at": None, "ends_at": now - timedelta(days=1)}, "over", 410),
    ):
        change(world, alice, **values)
        phone = Phone()
        phone.go(f"{world.url}/l/{alice.slug}")
        assert (phone.outcome, phone.page.status) == (outcome, status)
        assert visits(world, alice)[outcome] == 1


@pytest.mark.both_databases
def test_the_chart_counts_by_day_with_a_table_beside_it(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        for outcome, times in (("scan", 7), ("login", 5), ("linked", 3)):
            for _ in range(times):
                add_visit(alice.qr_code_id, outcome)
    for days in (30, 90):
        page = alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}?days={days}")
        assert f"{format_date(utcnow().date(), locale='en')} 7 5 3" in page.text
        assert page.html.count("<polyline") == 3
    assert alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}?days=x").status == 200


def test_another_tenants_code_can_be_neither_seen_nor_changed(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    for ending in ("/edit", "/print", "/print.css", ".pdf", ".png"):
        address = f"{world.url}/qr-codes/{alice.qr_code_id}{ending}"
        assert charlie.walker.go(address).status == 404
