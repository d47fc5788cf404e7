"""What every page of the team keeps: languages, headers, errors in words, no forged posts."""

import re

import pytest

from plugin.models import OfficialAccount, db
from plugin.services.message_templates.library import create_template
from plugin.web.language import LANGUAGES
from tests.support.people import linked
from tests.support.walker import Walker
from tests.support.world import Tenant, World
from tests.web.pages import marks

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def pages(world: World, alice: Tenant) -> list[str]:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        messages = [{"type": "text", "text": "Hello {{ contact.firstname }}"}]
        template = create_template(world.account(alice), "ようこそ", messages)
    return [
        "/", "/friends", f"/friends/{friend_id}", "/friends?q=nobody", "/qr-codes",
        "/qr-codes/new", f"/qr-codes/{alice.qr_code_id}",
        f"/qr-codes/{alice.qr_code_id}/print", "/settings", "/accounts/new",
        f"/accounts/{alice.account_id}", f"/accounts/{alice.account_id}/edit",
        "/templates", "/templates/new", "/templates/new?kind=carousel", f"/templates/{template.id}",
    ]  # fmt: skip


def test_every_page_has_a_title_headers_and_nothing_inline(world: World, alice: Tenant) -> None:
    for path in pages(world, alice):
        answer = alice.walker.session.get(world.url + path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        inline = r'<script(?! (?:type="module" )?src=)|<style| style=| on\w+='
        assert not re.search(inline, answer.text), path
        assert answer.text.count("<h1") == 1, path
        title = re.search(r"<title>(.+) · Musubi</title>", answer.text)
        assert title, path
        assert title[1].strip(), path


def test_every_page_has_at_most_one_primary_deed(world: World, alice: Tenant) -> None:
    for path in pages(world, alice):
        html = alice.walker.go(world.url + path).html
        assert len(re.findall(r'class="(?:button )?primary', html)) <= 1, path


def test_every_page_labels_its_fields(world: World, alice: Tenant) -> None:
    for path in pages(world, alice):
        html = alice.walker.go(world.url + path).html
        labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
        for tag in re.findall(r"<(?:input|select)[^>]*>", html):
            if 'type="hidden"' in tag or 'type="radio"' in tag or "aria-label=" in tag:
                continue
            assert re.search(r' id="([^"]+)"', tag)[1] in labelled, (path, tag)  # type: ignore[index]


def test_japanese_pages_are_japanese(world: World, alice: Tenant) -> None:
    for path in pages(world, alice):
        page = alice.walker.go(f"{world.url}{path}{'&' if '?' in path else '?'}lang=ja")
        assert '<html lang="ja">' in page.html
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", page.html, re.DOTALL)
        assert heading, path
        named = re.search(r"Sandbox Shop|Counter", heading[1])
        assert named or JAPANESE.search(heading[1]), path


def test_the_language_follows_the_browser_until_it_is_chosen(world: World) -> None:
    assert '<html lang="ja">' in Walker("ja-JP,ja;q=0.9,en;q=0.5").go(f"{world.url}/").html
    for wanted, shown in (
        ("th", "th"), ("th-TH,th;q=0.9,en;q=0.8", "th"), ("ko", "en"), ("de,en;q=0.5,ja", "ja"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-Hant-TW"), ("zh-CN", "zh-Hant-TW"),
    ):  # fmt: skip
        assert f'<html lang="{shown}">' in Walker(wanted).go(f"{world.url}/").html, wanted
    walker = Walker("en")
    walker.go(f"{world.url}/?lang=ja")
    assert '<html lang="ja">' in walker.go(f"{world.url}/").html
    assert '<html lang="ja">' in walker.go(f"{world.url}/?lang=xx").html


def test_the_language_switch_keeps_the_page_and_drops_one_use_words(
    world: World, alice: Tenant
) -> None:
    page = alice.walker.go(f"{world.url}/friends?q=a%26b&linked=yes&code=secret&state=secret")
    url = re.search(r'<a href="([^"]+)" lang="ja"', page.html)
    assert url
    assert url[1] == "/friends?q=a%26b&amp;linked=yes&amp;lang=ja"
    switch = re.findall(r'<(?:a|span)[^>]* lang="([^"]+)"[^>]*>[^<]+<', page.html)
    assert list(dict.fromkeys(switch)) == list(LANGUAGES)


def test_errors_say_what_to_do_and_carry_a_reference(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/nothing-here")
    assert page.status == 404
    assert {"error-title", "reference", "to-home"} <= set(marks(page))
    assert re.search(r"404-[0-9a-f]{8}", page.text)
    assert (
        "default-src 'self'"
        in (alice.walker.session.get(f"{world.url}/nothing").headers["Content-Security-Policy"])
    )


def test_a_crash_is_a_page_without_details(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("a detail for nobody")

    monkeypatch.setattr(OfficialAccount, "list_owned", crash)
    world.app.testing = False
    page = alice.walker.go(f"{world.url}/settings")
    assert page.status == 500
    assert "Something broke on our side" in page.text
    assert "a detail for nobody" not in page.html


def test_programs_get_no_page(world: World) -> None:
    for path in ("/line/webhooks/unknown", "/hubspot/webhooks"):
        answer = Walker().session.get(world.url + path)
        assert "<main" not in answer.text, path


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_forged_post_changes_nothing(world: World, alice: Tenant, token: str) -> None:
    paths = [
        f"/accounts/{alice.account_id}/disconnect", f"/qr-codes/{alice.qr_code_id}/archive",
        "/qr-codes/new", f"/accounts/{alice.account_id}/webhook",
    ]  # fmt: skip
    for path in paths:
        data = {"csrf_token": token, "name": "forged", "linkage_type": "hubspot"}
        answer = alice.walker.session.post(world.url + path, data=data)
        assert answer.status_code == 400, path
        assert "open for too long" in answer.text
    with world.app.app_context():
        assert (
            db.session.scalar(
                db.select(OfficialAccount).where(OfficialAccount.archived_at.is_not(None))
            )
            is None
        )


def test_the_dashboard_leads_from_step_to_step(world: World) -> None:
    tenant = world.install()
    walker = tenant.walker
    assert "do-connect" in marks(walker.go(f"{world.url}/"))
    world.connect(tenant)
    assert "do-link" in marks(walker.go(f"{world.url}/"))
    linked(world, tenant)
    page = walker.go(f"{world.url}/")
    assert "do-message" in marks(page)
    assert "share" in marks(page)
