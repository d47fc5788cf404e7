"""Every kind of message: written in the editor, looked at, judged by LINE, tried, sent for real."""

import json
import re
from typing import Any

import pytest
import requests

from plugin.core.messages.drafts import KINDS
from plugin.core.messages.tracked_links import addresses_of, tracked
from plugin.models import Delivery, LinkClick, LinkTarget, Template, TemplateVersion, db
from plugin.models.transaction import transaction
from plugin.services.sync.erasure import erase_friend
from tests.actions.calls import arrived, befriended, send
from tests.support.people import contact_of, friend_of
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.message_templates.coupons import make_coupon
from tests.web.pages import csrf_of, marks

SHOP, PICTURE = "https://shop.example.com/sale", "https://img.example.com/a"
HELLO = "Hello {{ contact.firstname | default('there') }}"
FLEX = {
    "type": "bubble",
    "body": {
        "type": "box",
        "layout": "vertical",
        "contents": [
            {"type": "text", "text": HELLO},
            {"type": "button", "action": {"type": "uri", "label": "Shop", "uri": SHOP}},
        ],
    },
}
IMAGEMAP = {
    "type": "imagemap",
    "baseUrl": PICTURE,
    "altText": HELLO,
    "baseSize": {"width": 1040, "height": 500},
    "actions": [
        {
            "type": "uri",
            "linkUri": SHOP,
            "area": {"x": 0, "y": 0, "width": 1040, "height": 500},
        }
    ],
}
LOCATION = {
    "type": "location",
    "title": "Our shop",
    "address": HELLO,
    "latitude": 35.0,
    "longitude": 135.7,
}
TO_SHOP = {"actions.0.label": "Shop", "actions.0.to": SHOP}
FORMS: dict[str, dict[str, str]] = {
    "text": {"text": HELLO},
    "image": {"image_url": PICTURE},
    "video": {"video_url": f"{PICTURE}.mp4", "preview_url": PICTURE},
    "sticker": {"package_id": "446", "sticker_id": "1988"},
    "buttons": {"text": HELLO, **TO_SHOP},
    "confirm": {"text": HELLO, **TO_SHOP, "actions.1.label": "No", "actions.1.to": "No, thanks"},
    "carousel": {f"cards.0.{name}": text for name, text in {"text": HELLO, **TO_SHOP}.items()},
    "image_carousel": {
        f"cards.0.{name}": text for name, text in {"image_url": PICTURE, **TO_SHOP}.items()
    },
    "flex": {"alt_text": HELLO, "json": json.dumps(FLEX)},
    "imagemap": {
        "base_url": PICTURE, "height": "500", "alt_text": HELLO, "areas.0.to": SHOP,
        "areas.0.x": "0", "areas.0.y": "0", "areas.0.width": "1040", "areas.0.height": "500",
    },
    "json": {"json": json.dumps(LOCATION)},
    "coupon": {"coupon_id": ""},
    "design": {"design": "coupon", "title": HELLO, "rows": "Code | A1", **TO_SHOP},
    "design_cards": {
        "design": "products",
        **{f"cards.0.{name}": text for name, text in {"title": HELLO, **TO_SHOP}.items()},
    },
}  # fmt: skip
# What the phone beside the editor shows of each.
SHOWN = {
    "image": f'src="{PICTURE}"',
    "video": f'src="{PICTURE}"',
    "sticker": "446 / 1988",
    "image_carousel": f'src="{PICTURE}"',
    "coupon": 'data-testid="shown-coupon"',
    "imagemap": f'src="{PICTURE}/700" alt="Hello there"',
}


def save(world: World, tenant: Tenant, kind: str, **more: str) -> Page:
    """A new template of one message, as the editor sends it."""
    design = FORMS[kind].get("design", "")
    page = tenant.walker.go(f"{world.url}/templates/new?kind={kind}&design={design}")
    assert f'name="bubble.0.kind" value="{kind}"' in page.html
    fields = {f"bubble.0.{name}": text for name, text in FORMS[kind].items()}
    if kind == "coupon":
        fields["bubble.0.coupon_id"] = make_coupon(world, tenant)
    data = {
        "csrf_token": csrf_of(page),
        "act": "save",
        "account": str(tenant.account_id),
        "name": kind,
        "bubble.0.kind": kind,
        "tracks_links": "yes",
        **fields,
        **more,
    }
    answer = tenant.walker.session.post(f"{world.url}/templates/new", data=data, timeout=30)
    return tenant.walker._arrive(answer)


def kept(world: World) -> tuple[str, list[dict[str, Any]]]:
    """The only template: its id, and what it says."""
    with world.app.app_context():
        template = db.session.scalars(db.select(Template)).one()
        return str(template.id), TemplateVersion.current(template).messages


def asked_line(world: World) -> int:
    """How often LINE was asked whether it would take a message."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(one["count"] for name, one in calls.items() if "/message/validate/" in name)


def sent_by_workflow(world: World, template: str, **more: str) -> dict[str, str]:
    outputs = send(world, {"template": template}, **more)
    if outputs["hs_execution_state"] == "BLOCK":
        world.work()
        outputs = send(world, {"template": template}, **more)
    return outputs


def tapped(url: str) -> str:
    return requests.get(url, timeout=10, allow_redirects=False).headers.get("Location", "")


def untracked(world: World, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with every tracked link followed to where it leads."""
    ours = f"{world.url}/r/"
    return tracked(messages, lambda url: tapped(url) if url.startswith(ours) else url)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_made_shown_judged_tried_and_sent(world: World, alice: Tenant, kind: str) -> None:
    friend_id = befriended(world, alice)
    before = asked_line(world)
    page = save(world, alice, kind)
    assert {"version-1", "preview"} <= set(marks(page)), page.text
    assert asked_line(world) == before + 1
    template, messages = kept(world)
    assert "bubble.0.kind" in page.html
    assert f'value="{kind}"' in page.html
    assert SHOWN.get(kind, ">Hello there<") in _phone(page)
    filled = json.loads(json.dumps(messages).replace(HELLO, "Hello Alice"))
    page = alice.walker.submit(_form_to(page, "/test"), friend=str(friend_id))
    assert "LINE accepted the test" in page.text
    outputs = sent_by_workflow(world, template)
    assert outputs["result"] == "sent", outputs
    for one in arrived(world):
        links = addresses_of(one["messages"])
        assert all(url.startswith(f"{world.url}/r/") for url in links)
        assert len(links) == json.dumps(messages).count(SHOP)
        assert untracked(world, one["messages"]) == filled
    assert len(arrived(world)) == 2
    with world.app.app_context():
        for delivery in db.session.scalars(db.select(Delivery)):
            assert (str(delivery.template_id), delivery.template_version) == (template, 1)


def test_links_stay_as_they_are_where_the_template_says_so(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    page = save(world, alice, "buttons", tracks_links="")
    assert 'data-testid="tracks-links"' in page.html
    assert 'value="yes" checked' not in page.html
    template, _ = kept(world)
    alice.walker.submit(_form_to(page, "/test"), friend=_only_friend(page))
    assert sent_by_workflow(world, template)["result"] == "sent"
    assert [addresses_of(one["messages"]) for one in arrived(world)] == [[SHOP], [SHOP]]
    with world.app.app_context():
        assert db.session.scalars(db.select(LinkTarget)).all() == []


def test_turning_the_count_off_makes_a_version(world: World, alice: Tenant) -> None:
    page = save(world, alice, "buttons")
    fields = dict(alice.walker._with_button("save").fields)
    assert fields.pop("tracks_links") == "yes"
    fields["bubble.0.text"] = HELLO
    answer = alice.walker.session.post(page.url, data={**fields, "act": "save"}, timeout=30)
    assert "Saved as version 2" in answer.text


@pytest.mark.both_databases
def test_a_link_with_the_contacts_own_words_is_tracked_and_forgotten_with_them(
    world: World, alice: Tenant
) -> None:
    friend_id = befriended(world, alice)
    to = f"{SHOP}?for={{{{ contact.email }}}}"
    save(world, alice, "buttons", **{"bubble.0.actions.0.to": to})
    template, _ = kept(world)
    assert sent_by_workflow(world, template)["result"] == "sent"
    (link,) = addresses_of(arrived(world)[0]["messages"])
    assert tapped(link) == f"{SHOP}?for=alice%40example.com"
    with world.app.app_context():
        assert db.session.scalars(db.select(LinkClick)).one().count == 1
        assert db.session.scalars(db.select(LinkTarget)).one().friend_id == friend_id
        with transaction():
            linkage = friend_of(friend_id).linkage
            assert linkage is not None
            erase_friend(friend_of(friend_id), contact_of(linkage.contact.id), "HubSpot")
        assert db.session.scalars(db.select(LinkTarget)).all() == []
    assert requests.get(link, timeout=10, allow_redirects=False).status_code == 404


@pytest.mark.both_databases
def test_links_and_emojis_inside_a_text_are_right_when_they_arrive(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    emoji = "(line:5ac1bfd5040ab15980c9b435/001)"
    text = f"{HELLO} 5$ {emoji}：{SHOP}、{SHOP}?e={{{{ contact.email }}}} {emoji}"
    save(world, alice, "text", **{"bubble.0.text": text})
    template, _ = kept(world)
    assert sent_by_workflow(world, template)["result"] == "sent"
    (sent,) = arrived(world)[0]["messages"]
    common, own = addresses_of([sent])
    assert [tapped(common), tapped(own)] == [SHOP, f"{SHOP}?e=alice@example.com"]
    assert sent["text"] == f"Hello Alice 5$ $：{common}、{own} $"
    assert [sent["text"][row["index"]] for row in sent["emojis"]] == ["$", "$"]
    assert [row["index"] for row in sent["emojis"]] == [15, len(sent["text"]) - 1]
    with world.app.app_context():
        targets = db.session.scalars(db.select(LinkTarget).order_by(LinkTarget.id)).all()
        assert sum(target.friend_id is None for target in targets) == 1


@pytest.mark.both_databases
def test_two_friends_share_the_row_of_a_common_link(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    save(world, alice, "buttons")
    template, _ = kept(world)
    for callback in ("one", "two"):
        assert sent_by_workflow(world, template, callback=callback)["result"] == "sent"
    links = [addresses_of(one["messages"])[0] for one in arrived(world)]
    assert len(set(links)) == 2, "each message has a code of its own"
    assert [tapped(link) for link in links] == [SHOP, SHOP]
    with world.app.app_context():
        assert db.session.scalars(db.select(LinkTarget)).one().friend_id is None


def _phone(page: Page) -> str:
    """The markup of the phone beside the editor; what stands in for a detail is plain text."""
    _, _, rest = page.html.partition('data-testid="preview"')
    return re.sub(r'<span class="stand-in[^>]*>(.*?)</span>', r"\1", rest.partition("</aside>")[0])


def _only_friend(page: Page) -> str:
    """The one friend that a test can be sent to; nobody is chosen beforehand."""
    found = re.findall(r'<option value="(\d+)"', page.html)
    return str(found[0])


def _form_to(page: Page, end: str) -> int:
    found = [i for i, one in enumerate(page.forms) if one.method == "post"]
    return next(i for i in found if page.forms[i].action.endswith(end))
