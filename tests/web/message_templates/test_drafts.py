"""Drafts: work is kept while somebody writes, published, undone, and never overwritten."""

from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from plugin.models import Template, TemplateDraft, TemplateDraftStep, db
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import STEPS_KEPT
from plugin.services.message_templates.library import create_template, save_version
from plugin.services.message_templates.template_drafts import keep_draft
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def template_id(world: World, alice: Tenant) -> int:
    with world.app.app_context():
        messages = [{"type": "text", "text": "Published"}]
        return create_template(world.account(alice), "Welcome", messages).id


def form(world: World, tenant: Tenant, text: str, **more: Any) -> dict[str, str]:
    token = csrf_of(tenant.walker.go(f"{world.url}/templates/new"))
    fields = {
        "csrf_token": token, "account": tenant.account_id, "name": "Welcome",
        "bubble.0.kind": "text", "bubble.0.text": text, "tracks_links": "yes", **more,
    }  # fmt: skip
    return {name: str(value) for name, value in fields.items()}


def keep(world: World, tenant: Tenant, text: str, **more: Any) -> requests.Response:
    url = f"{world.url}/templates/keep"
    return tenant.walker.session.post(url, data=form(world, tenant, text, **more))


def test_what_is_typed_is_kept_and_published(world: World, alice: Tenant, template_id: int) -> None:
    first = keep(world, alice, "Half", template=template_id, step=0).json()
    assert (first["step"], first["undo"], first["redo"]) == (1, True, False)
    second = keep(world, alice, "Half a word", template=template_id, **first).json()
    assert (second["draft"], second["step"], second["undo"]) == (first["draft"], 2, True)
    page = alice.walker.go(f"{world.url}/templates/{template_id}")
    assert "Half a word" in page.html
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        assert TemplateVersion.current(template).messages[0]["text"] == "Published"
    assert 'data-testid="has-draft"' in alice.walker.go(f"{world.url}/templates").html
    seen = seen_of(alice, page.url)
    data = form(world, alice, "Half a word", act="save", seen=seen, **second)
    answer = alice.walker.session.post(f"{world.url}/templates/{template_id}", data=data)
    assert answer.status_code == 200
    with world.app.app_context():
        template = db.session.get_one(Template, template_id, populate_existing=True)
        assert template.version == 2
        assert db.session.scalars(select(TemplateDraft)).all() == []
        assert db.session.scalars(select(TemplateDraftStep)).all() == []


def test_undone_and_redone(world: World, alice: Tenant, template_id: int) -> None:
    state: dict[str, Any] = {"draft": "", "step": 0}
    for text in ("One", "Two", "Three"):
        state = keep(world, alice, text, template=template_id, **state).json()
    base = f"{world.url}/templates/drafts/{state['draft']}"

    def step(way: str, number: int, shown: str) -> str:
        data = form(world, alice, shown, step=number, draft=state["draft"])
        return alice.walker.session.post(f"{base}/{way}", data=data).text

    assert ">\nTwo</textarea>" in step("undo", 3, "Three")
    assert ">\nOne</textarea>" in step("undo", 2, "Two")
    # Before the first change stands what is published, and nothing before that.
    assert ">\nPublished</textarea>" in step("undo", 1, "One")
    assert ">\nPublished</textarea>" in step("undo", 0, "Published")
    assert ">\nOne</textarea>" in step("redo", 0, "Published")
    assert ">\nTwo</textarea>" in step("redo", 1, "One")
    # A step that is not the newest any more changes nothing.
    assert ">\nTwo</textarea>" in step("undo", 3, "Three")
    # What was typed since is kept first: it is what is undone, and it comes back.
    assert ">\nTwo</textarea>" in step("undo", 2, "Two and a half")
    assert ">\nTwo and a half</textarea>" in step("redo", 2, "Two")
    assert ">\nTwo</textarea>" in step("undo", 3, "Two and a half")
    # Writing on ends what could be redone.
    later = keep(world, alice, "Other", template=template_id, draft=state["draft"], step=2).json()
    assert later["redo"] is False


def test_nobody_overwrites_another(world: World, alice: Tenant, template_id: int) -> None:
    first = keep(world, alice, "Mine", template=template_id).json()
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(TemplateDraft).values(step=2, newest_step=2, changed_by="other@example.test")
        )
    late = keep(world, alice, "Mine, longer", template=template_id, **first)
    assert late.status_code == 409
    assert late.json()["by"] == "other@example.test"
    page = alice.walker.go(f"{world.url}/templates/{template_id}")
    assert 'data-testid="rival"' in page.html
    url = f"{world.url}/templates/{template_id}"
    for act in ("add:text", "save"):
        data = form(world, alice, "Mine, longer", act=act, seen="", **first)
        refused = alice.walker.session.post(url, data=data)
        assert refused.status_code == 409
        assert "Mine, longer" in refused.text
        assert 'data-testid="overtaken"' in refused.text
    data = form(world, alice, "Mine, longer", **first)
    copied = alice.walker.session.post(f"{world.url}/templates/copy", data=data)
    assert "Mine, longer" in copied.text
    with world.app.app_context():
        rows = db.session.scalars(select(TemplateDraft).order_by(TemplateDraft.id))
        contents = [row.content["drafts"][0]["text"] for row in rows]
        assert contents == ["Mine", "Mine, longer"]


def test_an_undo_beside_somebody_else_loses_nothing(
    world: World, alice: Tenant, template_id: int
) -> None:
    state = keep(world, alice, "Mine", template=template_id).json()
    with world.app.app_context(), transaction() as session:
        session.execute(update(TemplateDraft).values(step=2, changed_by="other@example.test"))
    data = form(world, alice, "Mine, longer", **state)
    url = f"{world.url}/templates/drafts/{state['draft']}/undo"
    assert "kept as a draft of its own" in alice.walker.session.post(url, data=data).text
    with world.app.app_context():
        rows = db.session.scalars(select(TemplateDraft).order_by(TemplateDraft.id))
        assert [row.content["drafts"][0]["text"] for row in rows] == ["Mine", "Mine, longer"]


def test_a_new_template_is_found_again_and_discarded(world: World, alice: Tenant) -> None:
    kept = keep(world, alice, "").json()
    listed = alice.walker.go(f"{world.url}/templates").html
    assert f"/templates/new?draft={kept['draft']}" in listed
    page = alice.walker.go(f"{world.url}/templates/new?draft={kept['draft']}")
    assert 'value="Welcome"' in page.html
    data = form(world, alice, "")
    url = f"{world.url}/templates/drafts/{kept['draft']}/discard"
    alice.walker.session.post(url, data=data)
    assert alice.walker.session.get(page.url).status_code == 404


def test_invalid_work_is_kept_too(world: World, alice: Tenant, template_id: int) -> None:
    for text in ("x" * 9000, "{{ contact.", "\ud83d".encode("utf-8", "replace").decode(), ""):
        with world.app.app_context():
            draft = TemplateDraft.of_template(template_id)
            state = {"draft": draft.id, "step": draft.step} if draft else {}
        assert keep(world, alice, text, template=template_id, **state).status_code == 200


def test_other_tenants(world: World, alice: Tenant, charlie: Tenant, template_id: int) -> None:
    kept = keep(world, alice, "Hers", template=template_id).json()
    assert keep(world, charlie, "Mine", template=template_id).status_code == 404
    for way in ("undo", "discard"):
        url = f"{world.url}/templates/drafts/{kept['draft']}/{way}"
        data = form(world, charlie, "", step=1)
        assert charlie.walker.session.post(url, data=data).status_code == 404
    own = keep(world, charlie, "Mine", draft=kept["draft"], step=1).json()
    assert own["draft"] != kept["draft"]


def test_a_hundred_steps_are_kept(world: World, alice: Tenant, template_id: int) -> None:
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        for number in range(STEPS_KEPT + 20):
            content = {"name": "n", "drafts": [{"kind": "text", "text": str(number)}]}
            keep_draft(alice.installation_id, content, "me", template=template, seen_step=number)
        steps = db.session.scalars(select(TemplateDraftStep)).all()
        assert STEPS_KEPT <= len(steps) <= STEPS_KEPT + 1


def test_a_call_whose_answer_was_lost_is_nobody_elses_change(
    world: World, alice: Tenant, template_id: int
) -> None:
    url = f"{world.url}/templates/{template_id}"
    seen = seen_of(alice, url)
    keep(world, alice, "Mine", template=template_id)
    data = form(world, alice, "Mine", act="save", seen=seen, draft="", step=0)
    assert alice.walker.session.post(url, data=data).status_code == 200
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        assert TemplateVersion.current(template).messages[0]["text"] == "Mine"
        assert TemplateDraft.of_template(template_id) is None


def test_a_new_template_is_published_once(world: World, alice: Tenant) -> None:
    kept = keep(world, alice, "Hello").json()
    data = form(world, alice, "Hello", act="save", **kept)
    url = f"{world.url}/templates/new"
    assert alice.walker.session.post(url, data=data).status_code == 200
    again = alice.walker.session.post(url, data=data)
    assert again.status_code == 409
    assert 'data-testid="ended"' in again.text
    assert ">\nHello</textarea>" in again.text
    with world.app.app_context():
        assert len(db.session.scalars(select(Template)).all()) == 1
        assert db.session.scalars(select(TemplateDraft)).all() == []
    # What was typed can still be kept.
    alice.walker.session.post(f"{world.url}/templates/copy", data=data)
    with world.app.app_context():
        assert len(db.session.scalars(select(TemplateDraft)).all()) == 1


def test_what_others_wrote_stops_a_new_template_too(world: World, alice: Tenant) -> None:
    kept = keep(world, alice, "Mine").json()
    with world.app.app_context(), transaction() as session:
        content = {"name": "Theirs", "drafts": []}
        change = update(TemplateDraft).values(step=2, content=content, changed_by="other@a.test")
        session.execute(change)
    data = form(world, alice, "Mine", act="save", **kept)
    refused = alice.walker.session.post(f"{world.url}/templates/new", data=data)
    assert refused.status_code == 409
    assert 'data-testid="overtaken"' in refused.text
    with world.app.app_context():
        assert db.session.scalars(select(Template)).all() == []
        assert len(db.session.scalars(select(TemplateDraft)).all()) == 1


def test_a_version_that_others_published_is_said_above_the_draft(
    world: World, alice: Tenant, template_id: int
) -> None:
    keep(world, alice, "Mine", template=template_id)
    url = f"{world.url}/templates/{template_id}"
    assert 'data-testid="newer-version"' not in alice.walker.go(url).html
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        save_version(template, "Welcome", [{"type": "text", "text": "Theirs"}], "other@a.test")
    assert 'data-testid="newer-version"' in alice.walker.go(url).html


def seen_of(tenant: Tenant, url: str) -> str:
    """The fingerprints in the page's form."""
    html = tenant.walker.go(url).html
    return html.split('name="seen" value="')[1].split('"')[0].replace("&#34;", '"')
