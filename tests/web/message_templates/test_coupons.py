"""Coupons in messages: chosen of those that run, and refused in words when they are gone."""

from tests.support.world import Tenant, World
from tests.web.message_templates.coupons import close_coupon, make_coupon
from tests.web.message_templates.editor import HELLO, kept, send
from tests.web.pages import marks


def write(world: World, tenant: Tenant, coupon_id: str, **more: str) -> str:
    page = tenant.walker.go(f"{world.url}/templates/new?kind=coupon")
    fields = {"bubble.0.kind": "coupon", "bubble.0.coupon_id": coupon_id, **more}
    return send(tenant, page, "/templates/new", name="Coupon", **fields).text


def test_the_running_ones_are_listed_with_their_end(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/coupons")
    assert "no-coupons" in marks(page)
    make_coupon(world, alice, "Tea <for> two")
    ended = make_coupon(world, alice, "Gone")
    close_coupon(world, alice, ended)
    page = alice.walker.go(f"{world.url}/templates/coupons?account={alice.account_id}")
    assert marks(page).count("coupon") == 1
    assert "Tea &lt;for&gt; two" in page.html
    assert "until " in page.text
    inside = alice.walker.go(f"{world.url}/templates/coupons?inside=editor")
    assert "<html" not in inside.html
    assert "data-coupon=" in inside.html


def test_foreign_accounts_show_nothing(world: World, alice: Tenant, charlie: Tenant) -> None:
    page = charlie.walker.go(f"{world.url}/templates/coupons?account={alice.account_id}")
    assert page.status == 404


def test_line_that_cannot_be_asked_is_said(world: World, alice: Tenant) -> None:
    rule = {"path": "/v2/bot/coupon", "times": 20, "effect": {"status": 500}}
    world.sandbox.control("POST", "/faults", rule)
    page = alice.walker.go(f"{world.url}/templates/coupons")
    assert "coupon-problem" in marks(page)


def test_a_coupon_that_is_gone_or_unknown_is_refused_in_words(world: World, alice: Tenant) -> None:
    assert "no coupon with this ID" in write(world, alice, "unknown")
    assert "Coupon ID : Write something here." in write(world, alice, "")
    coupon_id = make_coupon(world, alice)
    close_coupon(world, alice, coupon_id)
    two = {"bubble.1.kind": "text", "bubble.1.text": HELLO["bubble.0.text"]}
    words = write(world, alice, coupon_id, **two)
    assert "Message 1 · Coupon ID : The coupon “Tea for two” has ended" in words
    assert kept(world) == []
