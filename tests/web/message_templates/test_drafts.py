"""Drafts: work is kept while somebody writes, published, undone, and never overwritten."""

from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.models import Template, TemplateDraft, TemplateDraftStep, db
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import (
    NOTHING_SEEN,
    STEPS_KEPT,
    SeenDraft,
)
from plugin.services.message_templates.template_drafts import keep_draft
from tests.support.world import Tenant, World
from tests.web.message_templates.drafts import form, keep, seen_of

pytestmark = pytest.mark.both_databases


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
    url = f"{world.url}/templates/{template_id}"

    def step(way: str, number: int, shown: str) -> str:
        data = form(world, alice, shown, act=way, step=number, draft=state["draft"])
        return alice.walker.session.post(url, data=data).text

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
    data = form(world, alice, "Mine, longer", act="undo", **state)
    url = f"{world.url}/templates/{template_id}"
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
    data = form(world, alice, "", **kept)
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
    # As a draft that never was.
    for draft_id in (kept["draft"], 987654):
        for act in ("undo", "redo"):
            data = form(world, charlie, "", act=act, draft=draft_id, step=1)
            answer = charlie.walker.session.post(f"{world.url}/templates/new", data=data)
            assert (answer.status_code, "Hers" in answer.text) == (409, False)
        url = f"{world.url}/templates/drafts/{draft_id}/discard"
        answer = charlie.walker.session.post(url, data=form(world, charlie, "", step=1))
        assert answer.status_code == 404
    other = keep(world, charlie, "Mine", draft=kept["draft"], step=1)
    assert (other.status_code, other.json()) == (409, {"ended": True})


def test_a_hundred_steps_are_kept(world: World, alice: Tenant, template_id: int) -> None:
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        for number in range(STEPS_KEPT + 20):
            content = {"name": "n", "drafts": [{"kind": "text", "text": str(number)}]}
            draft = TemplateDraft.of_template(template_id)
            seen = SeenDraft(draft.id, draft.step) if draft else NOTHING_SEEN
            keep_draft(alice.installation_id, content, "me", template=template, seen=seen)
        steps = db.session.scalars(select(TemplateDraftStep)).all()
        assert STEPS_KEPT <= len(steps) <= STEPS_KEPT + 1
