"""What the workflow editor is offered: page by page, by search, and always what it has saved."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import QRCode, Segment, Template, db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction
from plugin.services.actions.options import PAGE
from plugin.services.friends.tags import register_tags
from plugin.services.message_templates.library import create_template, save_version
from plugin.services.message_templates.template_drafts import keep_draft
from tests.actions.calls import options
from tests.actions.test_friend_actions import MENU, line_api
from tests.support.signing import hubspot_post
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases

MANY = PAGE + 20
SAID = [{"type": "text", "text": "x"}]
WHERE = {
    "official_account": "send-message",
    "template": "send-message",
    "qr_code": "generate-linkage-url",
    "tag": "tag-friend",
    "rich_menu": "switch-rich-menu",
    "segment": "check-segment",
}
MODELS: dict[str, Any] = {
    "official_account": OfficialAccount,
    "template": Template,
    "qr_code": QRCode,
    "segment": Segment,
}


def some_accounts(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction() as session:
        first = world.account(tenant)
        session.add_all(
            OfficialAccount(
                installation_id=first.installation_id,
                name=f"Shop {number:03}",
                channel_id=f"9{number:09}",
                channel_secret=first.channel_secret,
                webhook_key=f"key-{number}",
                bot_user_id=f"U{number:032}",
                position=number + 2,
                created_at=utcnow(),
            )
            for number in range(MANY)
        )


def some_templates(world: World, tenant: Tenant) -> None:
    now = utcnow()
    with world.app.app_context(), transaction() as session:
        for number in range(MANY):
            made = Template(
                official_account_id=tenant.account_id,
                name=f"Shop {number:03}",
                kind="text",
                created_at=now,
                changed_at=now,
            )
            session.add(made)
            session.flush()
            session.add(
                TemplateVersion(template_id=made.id, number=1, messages=SAID, created_at=now)
            )


def some_codes(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction() as session:
        session.add_all(
            QRCode(
                official_account_id=tenant.account_id,
                name=f"Shop {number:03}",
                slug=f"slug-{number}",
                linkage_type="hubspot",
                created_at=utcnow(),
            )
            for number in range(MANY)
        )


def some_tags(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        register_tags(tenant.installation_id, [f"Shop {number:03}" for number in range(MANY)])


def some_menus(world: World, tenant: Tenant) -> None:
    for number in range(3):
        menu = MENU | {"name": f"Shop {number:03}"}
        line_api(world, tenant, "POST", "/v2/bot/richmenu", menu)


def some_segments(world: World, tenant: Tenant) -> None:
    now = utcnow()
    with world.app.app_context(), transaction() as session:
        for number in range(MANY):
            made = Segment(official_account_id=tenant.account_id, name=f"Shop {number:03}")
            made.created_at = made.changed_at = now
            session.add(made)


MAKE: dict[str, Callable[[World, Tenant], None]] = {
    "official_account": some_accounts,
    "template": some_templates,
    "qr_code": some_codes,
    "tag": some_tags,
    "rich_menu": some_menus,
    "segment": some_segments,
}


def label(field: str, name: str) -> str:
    """What a choice is called: a template says its version, too."""
    return f"{name} · version 1" if field == "template" else name


def saved(world: World, field: str, value: str, **fetch: str) -> list[dict[str, Any]]:
    """The choices where the editor tells what it has saved."""
    body = {
        "origin": {"portalId": PORTAL},
        "inputFieldName": field,
        "inputFields": {field: {"type": "STATIC_VALUE", "value": value}},
        "fetchOptions": fetch,
    }
    answer = hubspot_post(f"{world.url}/hubspot/actions/{WHERE[field]}/options", body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["options"]
    return found


@pytest.mark.parametrize("field", [one for one in MAKE if one != "rich_menu"])
def test_all_choices_come_page_by_page_each_once(world: World, alice: Tenant, field: str) -> None:
    MAKE[field](world, alice)
    first = options(world, WHERE[field], field)
    assert len(first["options"]) == PAGE
    second = options(world, WHERE[field], field, after=first["after"])
    assert "after" not in second
    values = [one["value"] for page in (first, second) for one in page["options"]]
    assert len(values) == len(set(values)) >= MANY
    assert all(isinstance(value, str) and value for value in values)


@pytest.mark.parametrize("field", MAKE)
def test_a_search_looks_through_all_of_them(world: World, alice: Tenant, field: str) -> None:
    MAKE[field](world, alice)
    (found,) = options(world, WHERE[field], field, q=" shop 002 ")["options"]
    assert found["label"] == label(field, "Shop 002")
    assert options(world, WHERE[field], field, q="no such name")["options"] == []
    assert options(world, WHERE[field], field, q="%")["options"] == []
    assert options(world, WHERE[field], field, q="\0Shop 002")["options"] == [found]


@pytest.mark.parametrize("field", MODELS)
def test_what_was_archived_is_offered_to_nobody_but_who_has_it_saved(
    world: World, alice: Tenant, field: str
) -> None:
    MAKE[field](world, alice)
    (one,) = options(world, WHERE[field], field, q="Shop 117")["options"]
    with world.app.app_context(), transaction():
        db.session.get_one(MODELS[field], int(one["value"])).archived_at = utcnow()
    assert options(world, WHERE[field], field, q="Shop 117")["options"] == []
    archived = one | {"label": label(field, "Shop 117") + " (archived)"}
    assert options(world, WHERE[field], field, q=one["value"])["options"][0] == archived
    assert saved(world, field, one["value"])[0] == archived
    found = saved(world, field, one["value"], q="Shop 002")
    assert found[0]["label"] == label(field, "Shop 002")


def test_a_code_without_personal_links_is_offered_to_nobody_but_who_has_it_saved(
    world: World, alice: Tenant
) -> None:
    (one,) = options(world, WHERE["qr_code"], "qr_code")["options"]
    with world.app.app_context(), transaction():
        world.code(alice).by_token = False
    assert options(world, WHERE["qr_code"], "qr_code")["options"] == []
    assert saved(world, "qr_code", one["value"]) == [one]


@pytest.mark.parametrize("field", ["template", "qr_code", "segment"])
def test_what_belongs_to_an_archived_account_is_out_of_use_with_it(
    world: World, alice: Tenant, field: str
) -> None:
    MAKE[field](world, alice)
    (one,) = options(world, WHERE[field], field, q="Shop 117")["options"]
    with world.app.app_context(), transaction():
        world.account(alice).archived_at = utcnow()
    assert options(world, WHERE[field], field)["options"] == []
    archived = one | {"label": label(field, "Shop 117") + " (archived)"}
    assert saved(world, field, one["value"]) == [archived]


@pytest.mark.parametrize("field", MAKE)
def test_what_is_saved_stands_first_unless_it_is_on_the_page(
    world: World, alice: Tenant, field: str
) -> None:
    MAKE[field](world, alice)
    page = options(world, WHERE[field], field)
    assert saved(world, field, page["options"][1]["value"]) == page["options"]
    if "after" in page:
        later = options(world, WHERE[field], field, after=page["after"])["options"][-1]
        assert saved(world, field, later["value"]) == [later, *page["options"]]
        assert later in saved(world, field, later["value"], after=page["after"])


def test_a_tag_or_a_menu_that_nobody_knows_any_more_is_shown_as_it_was_saved(
    world: World, alice: Tenant
) -> None:
    assert saved(world, "tag", "old tag")[0]["value"] == "old tag"
    lost = f"{alice.account_id}:richmenu-gone"
    assert saved(world, "rich_menu", lost)[0] == {
        "label": "Rich menu not found at LINE",
        "value": lost,
        "description": "",
    }


@pytest.mark.parametrize("field", MODELS)
def test_another_tenants_choices_are_not_there(
    world: World, alice: Tenant, charlie: Tenant, field: str
) -> None:
    MAKE[field](world, charlie)
    with world.app.app_context():
        foreign = str(max(db.session.scalars(db.select(MODELS[field].id))))
    before = options(world, WHERE[field], field)["options"]
    assert foreign not in [one["value"] for one in before]
    assert saved(world, field, foreign) == before
    assert options(world, WHERE[field], field, q=foreign)["options"] == []


def test_a_template_says_which_version_is_sent(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        template = create_template(world.account(alice), "Welcome", SAID)
        create_template(world.account(alice), "Farewell", SAID)
        value = str(template.id)
        save_version(template, "Welcome", [{"type": "text", "text": "Second"}])
    before = {"label": "Welcome · version 2", "value": value}
    before["description"] = "Sandbox Shop · sends the newest version, 2 as of now"
    assert options(world, "send-message", "template", q="welc")["options"] == [before]
    with world.app.app_context():
        save_version(db.session.get_one(Template, int(value)), "Welcome", SAID)
    # The saved value is the same, and what it is called follows the template.
    (found,) = options(world, "send-message", "template", q="Welcome · version 2")["options"]
    assert (found["label"], found["value"]) == ("Welcome · version 3", value)
    assert found in saved(world, "template", value)


def test_a_draft_that_was_never_published_is_not_offered(world: World, alice: Tenant) -> None:
    content = {"name": "Half", "drafts": [{"kind": "text", "text": "x"}]}
    with world.app.app_context():
        keep_draft(alice.installation_id, content, "alice@example.com")
    assert options(world, "send-message", "template")["options"] == []
