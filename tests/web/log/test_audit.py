"""The audit: who changed what, by which way; noted with the change or not at all."""

import html
import re

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import AuditEntry, Installation, Tag, db
from plugin.models.system.audit_entry import Deed, apart_from_deed, begin_deed, end_deed
from plugin.models.transaction import retried, transaction
from plugin.services.connections.access_token import refresh_ahead
from plugin.services.system.api_keys import create_api_key
from plugin.web.audit import DEEDS, LOOKS
from tests.api.client import Program
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.pages import TEAM, marks

pytestmark = pytest.mark.both_databases
ME = "admin@example.com"


def entries(world: World) -> list[tuple[str, str, str]]:
    with world.app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.via, row.deed, row.path) for row in rows]


def test_every_form_is_a_deed_with_words_or_a_look(world: World) -> None:
    posts = {
        rule.endpoint
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith(TEAM) and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert posts == LOOKS | DEEDS.keys()
    assert not LOOKS & DEEDS.keys()


def test_a_page_a_program_and_a_refusal(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    walker = alice.walker
    walker.go(f"{world.url}/friends/{friend_id}")
    assert entries(world) == []
    actions = [form.action for form in walker.page.forms]
    tags = actions.index(f"/friends/{friend_id}/tags")
    walker.submit(tags, tags="vip")
    walker.go(f"{world.url}/qr-codes/new")
    walker.submit(name="")
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        program = Program(world, create_api_key(installation, "admin", "Nightly"))
    body = {"official_account": str(alice.account_id), "name": "Door", "linkage_type": "none"}
    assert program.ask("POST", "/qr-codes", body).status_code == 201
    assert program.ask("POST", "/qr-codes", {**body, "name": ""}).status_code == 422
    same = {"Idempotency_Key": "k"}
    answers = [program.ask("POST", "/qr-codes", body, **same) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert entries(world) == [
        ("page", "friends.add_tags", f"/friends/{friend_id}/tags"),
        ("api", "qr-codes.create_code", "/api/v1/qr-codes"),
        ("api", "qr-codes.create_code", "/api/v1/qr-codes"),
    ]
    with world.app.app_context():
        actors = db.session.scalars(select(AuditEntry.actor).order_by(AuditEntry.id)).all()
    assert "@" in actors[0]
    assert actors[1] == "API key Nightly"
    newest = program.results("/audit?limit=1")[0]
    assert newest["made"] == f"/qr-codes/{answers[0].json['id']}"


def test_it_is_shown_filtered_and_read_by_programs(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    with world.app.app_context(), transaction() as session:
        for number in range(60):
            session.add(
                AuditEntry(
                    installation_id=alice.installation_id, at=utcnow(), via="agent",
                    actor="API key Mika", agent="assistant" if number % 2 else "other",
                    deed="draft_segment", path=f"/api/v1/segments/{number}",
                )
            )  # fmt: skip
    page = alice.walker.go(f"{world.url}/log/audit")
    assert marks(page).count("entry") == 50
    assert "draft_segment" in page.text
    older_url = re.search(r'href="([^"]+)" rel="next"', page.html)
    assert older_url
    older = alice.walker.go(html.unescape(older_url[1]))
    assert marks(older).count("entry") == 10
    assert 'href="/segments/5"' in older.html
    assert marks(alice.walker.go(f"{world.url}/log/audit?who=assistant")).count("entry") == 30
    assert marks(alice.walker.go(f"{world.url}/log/audit?via=page")).count("entry") == 0
    assert marks(alice.walker.go(f"{world.url}/log/audit?via=odd&before=x")).count("entry") == 50
    assert "entry" not in marks(charlie.walker.go(f"{world.url}/log/audit"))
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        program = Program(world, create_api_key(installation, "reader"))
    assert program.results("/audit?limit=2")[0]["path"] == "/api/v1/segments/59"
    assert program.results("/audit?via=api") == []


def test_a_deed_is_noted_once_and_with_its_change(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        begin_deed(Deed(alice.installation_id, "page", ME, "friends.add_tags", "/x"))
        with pytest.raises(RuntimeError):
            _lose(_tag(alice, "lost"))
        assert entries(world) == []
        for name in ("one", "two"):
            with transaction() as session:
                session.add(_tag(alice, name))
        end_deed()
        with transaction() as session:
            session.add(_tag(alice, "three"))
        assert len(entries(world)) == 1
        assert len(db.session.scalars(select(Tag.name)).all()) == 3


def test_a_deed_is_noted_by_the_transaction_that_writes(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        begin_deed(Deed(alice.installation_id, "page", ME, "friends.add_tags", "/x"))
        installation = db.session.get_one(Installation, alice.installation_id)
        domain = installation.hub_domain
        with transaction() as session:
            held = session.get_one(Installation, alice.installation_id, with_for_update=True)
            held.hub_domain = domain
        with apart_from_deed(), transaction() as session:
            session.add(_tag(alice, "one"))
        assert entries(world) == []
        with transaction() as session:
            session.execute(update(Tag).values(name="other"))
        assert len(entries(world)) == 1
        end_deed()


def test_a_lost_race_is_noted_once_it_is_won(world: World, alice: Tenant) -> None:
    names = iter(("taken", "free"))

    @retried
    def tag() -> None:
        with transaction() as session:
            session.add(_tag(alice, next(names)))

    with world.app.app_context():
        with transaction() as session:
            session.add(_tag(alice, "taken"))
        begin_deed(Deed(alice.installation_id, "page", ME, "friends.add_tags", "/x"))
        tag()
        end_deed()
        assert len(entries(world)) == 1


def test_a_token_that_is_renewed_meanwhile_notes_nothing(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        begin_deed(Deed(alice.installation_id, "page", ME, "friends.add_tags", "/x"))
        refresh_ahead(world.deps, alice.installation_id)
        end_deed()
        assert entries(world) == []


def _tag(tenant: Tenant, name: str) -> Tag:
    return Tag(installation_id=tenant.installation_id, name=name, created_at=utcnow())


def _lose(tag: Tag) -> None:
    with transaction() as session:
        session.add(tag)
        raise RuntimeError
