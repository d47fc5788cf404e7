"""Settings > API keys: made, shown once, ended."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import ApiKey, db
from plugin.models.transaction import transaction
from tests.api.client import program
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import marks


def key_on(html: str) -> str:
    found = re.search(r"musubi_[\w-]{40,}", html)
    return found[0] if found else ""


def test_a_key_is_shown_once_works_and_ends(world: World, alice: Tenant) -> None:
    walker = alice.walker
    assert "no-keys" in marks(walker.go(f"{world.url}/settings/keys"))
    once = walker.page.forms[-1].fields["once"]
    page = walker.submit(name="  Mika's   assistant ", role="agent")
    key = key_on(page.html)
    assert "mcp" in marks(page)
    assert "language-ja" not in marks(page), "a switch of the language would lose the key"
    again = walker.submit(name="Mika's assistant", role="agent", once=once)
    assert not key_on(again.html), "a reload makes no second key"
    assert marks(again).count("api-key") == 1
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{world.url}/api/v1/friends"
    assert walker.session.get(url, headers=headers).status_code == 200
    page = walker.go(f"{world.url}/settings/keys")
    assert not key_on(page.html)
    assert "Mika's assistant" in page.text
    revoke = [form.action.endswith("/revoke") for form in page.forms].index(True)
    walker.submit(revoke)
    assert walker.session.get(url, headers=headers).status_code == 401
    assert "no-keys" in marks(walker.page)


def test_a_key_without_a_name_or_a_role_is_not_made(world: World, alice: Tenant) -> None:
    walker = alice.walker
    walker.go(f"{world.url}/settings/keys")
    page = walker.submit(name=" ", role="agent")
    assert page.status == 422
    assert "error-name" in marks(page)
    page = walker.submit(name="x" * 81, role="owner")
    assert {"error-name", "error-role"} <= set(marks(page))
    assert "x" * 81 in page.html
    with world.app.app_context():
        assert db.session.scalars(select(ApiKey)).all() == []


def test_another_tenants_key_cannot_be_ended(world: World, alice: Tenant, charlie: Tenant) -> None:
    alice.walker.go(f"{world.url}/settings/keys")
    alice.walker.submit(name="Mine", role="reader")
    charlie.walker.go(f"{world.url}/settings/keys")
    csrf = charlie.walker.page.forms[-1].fields["csrf_token"]
    with world.app.app_context():
        number = db.session.scalars(select(ApiKey.id)).one()
    answer = charlie.walker.session.post(
        f"{world.url}/settings/keys/{number}/revoke", data={"csrf_token": csrf}
    )
    assert answer.status_code == 404


@pytest.mark.both_databases
def test_a_key_shows_when_it_was_last_used_and_costs_a_write_an_hour(
    world: World, alice: Tenant
) -> None:
    caller = program(world, alice, "reader")
    page = alice.walker.go(f"{world.url}/settings/keys")
    assert last_used(page.html) == "Never used"
    with sql_of(world) as first:
        caller.get("/tags")
    with sql_of(world) as second:
        caller.get("/tags")
    assert len([one for one in first if one.startswith("UPDATE api_key")]) == 1
    assert not [one for one in second if one.startswith("UPDATE api_key")]
    page = alice.walker.go(f"{world.url}/settings/keys")
    assert last_used(page.html).startswith("Last used: ")
    moment = utcnow() - timedelta(hours=2)
    with world.app.app_context(), transaction() as session:
        session.execute(update(ApiKey).values(last_used_at=moment))
    caller.get("/tags")
    with world.app.app_context():
        used = db.session.scalars(select(ApiKey.last_used_at)).one()
    assert used is not None
    assert used > moment + timedelta(hours=1)


def last_used(html: str) -> str:
    cell = html.partition('data-testid="last-used">')[2].partition("</td>")[0]
    return re.sub(r"<[^>]+>", "", cell).strip()
