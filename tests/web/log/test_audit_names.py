"""The log names what a change made or changed by its name, in its own tenant alone."""

import re

import pytest

from plugin.models import AuditEntry, db
from plugin.models.transaction import transaction
from tests.api.client import program
from tests.support.world import Tenant, World, sql_of

pytestmark = pytest.mark.both_databases
LINE = re.compile(r'data-testid="subject">(?P<words>.*?)</(?:a|span)>', re.DOTALL)


def named(world: World, tenant: Tenant) -> list[str]:
    html = tenant.walker.go(f"{world.url}/log/audit").html
    return [re.sub(r"<[^>]+>", "", words).strip() for words in LINE.findall(html)]


def test_what_a_change_made_has_its_name(world: World, alice: Tenant) -> None:
    walker = alice.walker
    walker.go(f"{world.url}/settings/keys")
    walker.submit(name="Zapier", role="reader")
    assert named(world, alice) == ["API key: Zapier"]
    caller = program(world, alice)
    made = caller.ask(
        "POST",
        "/templates",
        {
            "official_account": str(alice.account_id),
            "name": "Welcome",
            "messages": [{"type": "text", "text": "Hello"}],
        },
    ).json
    assert named(world, alice)[0] == "Template: Welcome"
    assert f'href="/templates/{made["id"]}"' in walker.go(f"{world.url}/log/audit").html
    walker.go(f"{world.url}/settings/keys")
    revoke = [form.action.endswith("/revoke") for form in walker.page.forms].index(True)
    walker.submit(revoke)
    assert named(world, alice)[0] == "API key: Zapier"


def test_a_name_of_another_tenant_is_not_told(world: World, alice: Tenant, charlie: Tenant) -> None:
    path = f"/qr-codes/{charlie.qr_code_id}/archive"
    with world.app.app_context(), transaction() as session:
        noted = {"at": world.account(alice).created_at, "via": "page", "actor": "a", "deed": "b"}
        session.add(AuditEntry(installation_id=alice.installation_id, path=path, **noted))
    assert named(world, alice) == ["See it"]


def test_names_are_read_together(world: World, alice: Tenant) -> None:
    def entries(count: int) -> int:
        with world.app.app_context(), transaction() as session:
            at = world.account(alice).created_at
            for _ in range(count):
                row = AuditEntry(
                    installation_id=alice.installation_id, at=at, via="page", actor="a",
                    deed="qr_codes.edit_qr_code", path=f"/qr-codes/{alice.qr_code_id}",
                )  # fmt: skip
                session.add(row)
        with sql_of(world) as sent:
            assert set(named(world, alice)) != {"See it"}
        return len(sent)

    assert entries(1) == entries(30)
    with world.app.app_context():
        assert db.session.query(AuditEntry).count() == 31
