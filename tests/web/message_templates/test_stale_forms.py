"""Forms that were loaded before something changed, and forms that are sent twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from plugin.models import AuditEntry, Delivery, Template, TemplateDraft, db
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import SeenDraft, discard
from plugin.services.message_templates.library import create_template, save_version
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.message_templates.drafts import form, keep, seen_of
from tests.web.pages import csrf_of

pytestmark = pytest.mark.both_databases


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


def test_a_form_with_a_draft_that_ended_begins_no_other(
    world: World, alice: Tenant, template_id: int
) -> None:
    url = f"{world.url}/templates/{template_id}"
    kept = keep(world, alice, "Old", template=template_id).json()
    data = form(world, alice, "New", act="save", seen=seen_of(alice, url), **kept)
    assert alice.walker.session.post(url, data=data).status_code == 200
    late = keep(world, alice, "Old, longer", template=template_id, **kept)
    assert (late.status_code, late.json()) == (409, {"ended": True})
    for way in ("undo", "redo"):
        data = form(world, alice, "Old, longer", act=way, **kept)
        answer = alice.walker.session.post(url, data=data)
        assert answer.status_code == 409
        assert "Old, longer" in answer.text
        assert 'data-testid="ended"' in answer.text
    with world.app.app_context():
        assert TemplateDraft.of_template(template_id) is None


def test_a_form_of_one_template_never_writes_in_another(
    world: World, alice: Tenant, template_id: int
) -> None:
    """As SQLite would give an id again, or as a form is forged."""
    with world.app.app_context():
        other = create_template(world.account(alice), "Other", [{"type": "text", "text": "Y"}]).id
    kept = keep(world, alice, "For the other", template=other).json()
    wrong = keep(world, alice, "For this one", template=template_id, **kept)
    assert wrong.status_code == 409
    with world.app.app_context():
        draft = TemplateDraft.of_template(other)
        assert draft is not None
        assert draft.content["drafts"][0]["text"] == "For the other"
        # Nor does an id come back.
        discard(draft, SeenDraft(draft.id, draft.step))
    again = keep(world, alice, "Anew", template=other).json()
    assert again["draft"] != kept["draft"]


def test_two_windows_of_one_person_lose_nothing(
    world: World, alice: Tenant, template_id: int
) -> None:
    first = keep(world, alice, "One", template=template_id).json()
    keep(world, alice, "Two", template=template_id, **first)
    data = form(world, alice, "From the other window", act="undo", **first)
    url = f"{world.url}/templates/{template_id}"
    assert "kept as a draft of its own" in alice.walker.session.post(url, data=data).text
    with world.app.app_context():
        rows = db.session.scalars(select(TemplateDraft).order_by(TemplateDraft.id))
        texts = [row.content["drafts"][0]["text"] for row in rows]
        assert texts == ["Two", "From the other window"]
    # Where nothing was typed, nothing is kept.
    data = form(world, alice, "One", act="undo", **first)
    assert "kept as a draft of its own" not in alice.walker.session.post(url, data=data).text


def test_a_form_that_is_sent_twice_makes_one_template(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    key = page.html.split('name="form_key" value="')[1].split('"')[0]
    data = form(world, alice, "Hello", act="save", form_key=key)
    url = f"{world.url}/templates/new"
    addresses = {alice.walker.session.post(url, data=data).url for _ in range(2)}
    assert len(addresses) == 1
    other = form(world, alice, "Hello, again", act="save", form_key=key)
    assert alice.walker.session.post(url, data=other).url not in addresses
    with world.app.app_context():
        assert len(db.session.scalars(select(Template)).all()) == 2


def test_a_test_is_sent_once_for_each_form(world: World, alice: Tenant, template_id: int) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/templates/{template_id}")
    trial = page.html.split('id="trial"')[1]
    key = trial.split('name="form_key" value="')[1].split('"')[0]
    data = {"csrf_token": csrf_of(page), "friend": str(friend_id), "form_key": key}
    for _ in range(2):
        alice.walker.session.post(f"{world.url}/templates/{template_id}/test", data=data)
    with world.app.app_context():
        assert len(db.session.scalars(select(Delivery)).all()) == 1
    data["form_key"] = "another"
    alice.walker.session.post(f"{world.url}/templates/{template_id}/test", data=data)
    with world.app.app_context():
        assert len(db.session.scalars(select(Delivery)).all()) == 2


def test_a_draft_that_others_changed_is_not_discarded_unseen(
    world: World, alice: Tenant, template_id: int
) -> None:
    first = keep(world, alice, "One", template=template_id).json()
    keep(world, alice, "Two", template=template_id, **first)
    url = f"{world.url}/templates/drafts/{first['draft']}/discard"
    answer = alice.walker.session.post(url, data=form(world, alice, "One", **first))
    assert "changed this draft meanwhile" in answer.text
    assert ">\nTwo</textarea>" in answer.text


def test_a_refused_undo_stands_at_the_editors_own_address(world: World, alice: Tenant) -> None:
    """Its buttons lead on, rather than undoing again."""
    first = keep(world, alice, "One").json()
    discard_url = f"{world.url}/templates/drafts/{first['draft']}/discard"
    alice.walker.session.post(discard_url, data=form(world, alice, "One", **first))
    url = f"{world.url}/templates/new"
    data = form(world, alice, "Two", act="undo", **first)
    answer = alice.walker.session.post(url, data=data)
    assert (answer.status_code, answer.url) == (409, url)
    assert ">\nTwo</textarea>" in answer.text


def test_what_is_kept_of_a_template_is_no_deed(
    world: World, alice: Tenant, template_id: int
) -> None:
    url = f"{world.url}/templates/{template_id}"
    for act in ("add:text", "undo", "redo"):
        with world.app.app_context():
            draft = TemplateDraft.of_template(template_id)
            state = {"draft": draft.id, "step": draft.step} if draft else {}
        data = form(world, alice, "Half", act=act, **state)
        assert alice.walker.session.post(url, data=data).ok
    with world.app.app_context():
        assert db.session.scalars(select(AuditEntry)).all() == []


def test_a_test_pressed_twice_at_once_is_sent_once(
    world: World, alice: Tenant, template_id: int
) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/templates/{template_id}")
    data = {"csrf_token": csrf_of(page), "friend": str(friend_id), "form_key": "once"}
    url, session = f"{world.url}/templates/{template_id}/test", alice.walker.session
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: session.post(url, data=data), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    with world.app.app_context():
        assert len(db.session.scalars(select(Delivery)).all()) == 1
