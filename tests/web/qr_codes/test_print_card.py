"""The card to print: what stands on it, in which language and colours, on which paper."""

import re

import pytest

from plugin.models.transaction import transaction
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import marks


def card(world: World, tenant: Tenant, query: str = "") -> Page:
    page = tenant.walker.go(f"{world.url}/qr-codes/{tenant.qr_code_id}/print{query}")
    assert page.status == 200
    return page


def style(world: World, tenant: Tenant, query: str = "") -> str:
    address = f"{world.url}/qr-codes/{tenant.qr_code_id}/print.css{query}"
    answer = tenant.walker.session.get(address, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/css")
    return answer.text


def change(world: World, tenant: Tenant, **values: object) -> None:
    """Of the account, of its portal (`time_zone`) or of the code, whichever has it."""
    with world.app.app_context(), transaction():
        account, code = world.account(tenant), world.code(tenant)
        for name, value in values.items():
            owners = (account, account.installation, code)
            setattr(next(each for each in owners if hasattr(each, name)), name, value)


def stands(page: Page, mark: str) -> str:
    """What is in the element with the mark."""
    found = re.search(rf'data-testid="{mark}">([^<]*)<', page.html)
    assert found, mark
    return found[1]


def test_the_codes_page_leads_to_the_card(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}")
    assert {"print-card", "download-png", "download-svg", "download-pdf"} <= set(marks(page))
    assert f'href="/qr-codes/{alice.qr_code_id}/print"' in page.html


def test_the_card_has_name_picture_headline_code_and_id(world: World, alice: Tenant) -> None:
    page = card(world, alice)
    assert stands(page, "print-name") == "Sandbox Shop"
    assert stands(page, "print-headline") == "Add us on LINE"
    with world.app.app_context():
        account = world.account(alice)
        assert account.basic_id in page.text
        assert f'src="{account.picture_url}"' in page.html
    assert f'src="/qr-codes/{alice.qr_code_id}.svg"' in page.html
    assert "data-print hidden" in page.html


def test_the_card_speaks_the_language_of_the_page(world: World, alice: Tenant) -> None:
    assert stands(card(world, alice, "?lang=ja"), "print-headline") == "LINEで友だち追加"


@pytest.mark.parametrize(
    ("name", "zone", "language"),
    [
        ("結び商店 さくら", "Asia/Tokyo", 'lang="ja"'),
        ("台北好物商店", "Asia/Taipei", 'lang="zh-Hant-TW"'),
        ("ร้านมูซูบิ", "Asia/Bangkok", 'lang="th"'),
        ("Café Łódź", "Europe/Warsaw", ""),
    ],
)
def test_a_name_says_its_language_to_the_browser(
    world: World, alice: Tenant, name: str, zone: str, language: str
) -> None:
    change(world, alice, name=name, time_zone=zone)
    page = card(world, alice)
    assert stands(page, "print-name") == name
    tag = re.search(r'<p class="print-name [^>]*>', page.html)
    assert tag
    assert (language or "<p") in tag[0]
    assert ("lang=" in tag[0]) == bool(language)


@pytest.mark.parametrize(
    ("paper", "size", "cards"),
    [
        ("", "105mm 148mm", 1),
        ("a6", "105mm 148mm", 1),
        ("a5", "148mm 210mm", 1),
        ("a4", "210mm 297mm", 1),
        ("four", "210mm 297mm", 4),
        ("letter", "105mm 148mm", 1),
    ],
)
def test_the_paper_is_the_one_that_was_asked_for(
    world: World, alice: Tenant, paper: str, size: str, cards: int
) -> None:
    page = card(world, alice, f"?paper={paper}")
    assert marks(page).count("print-card") == cards
    link = re.search(r'href="(/qr-codes/\d+/print\.css[^"]*)"', page.html)
    assert link
    text = alice.walker.session.get(world.url + link[1], timeout=30).text
    assert f"@page {{ size: {size}; margin: 0 }}" in text


def test_the_colours_are_the_codes_own(world: World, alice: Tenant) -> None:
    change(world, alice, dark="#003366", light="#fff8e8")
    text = style(world, alice)
    assert "--dark: #003366" in text
    assert "--light: #fff8e8" in text


def test_a_headline_of_ones_own_stays_while_papers_change(world: World, alice: Tenant) -> None:
    page = card(world, alice, "?headline=%20加入好友%20<b>&paper=a5")
    assert stands(page, "print-headline") == "加入好友 &lt;b&gt;"
    others = re.findall(r'href="([^"]+)" data-testid="paper-', page.html)
    assert len(others) == 4
    for address in others:
        next_page = alice.walker.go(world.url + address.replace("&amp;", "&"))
        assert stands(next_page, "print-headline") == "加入好友 &lt;b&gt;"
    assert len(stands(card(world, alice, f"?headline={'x' * 500}"), "print-headline")) == 40


def test_a_card_without_name_picture_and_id_is_a_card(world: World, alice: Tenant) -> None:
    change(world, alice, name="", picture_url="", basic_id="")
    page = card(world, alice)
    assert stands(page, "print-headline") == "Add us on LINE"
    assert not {"print-name"} & set(marks(page))
    assert "print-face" not in page.html


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("むすび商店", "short"),
        ("Musubi Coffee & Sons", "middle"),
        ("結" * 20, "long"),
        ("a\x07", "long"),
    ],
)
def test_a_long_name_is_written_smaller(world: World, alice: Tenant, name: str, size: str) -> None:
    change(world, alice, name=name)
    assert f'class="print-name {size}"' in card(world, alice).html
