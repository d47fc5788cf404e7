"""Messages of a broadcast that are written and not saved: kept, undone, never sent unawares."""

from typing import Any

import pytest
import requests
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import AuditEntry, Broadcast, Variant, VariantDraft, VariantDraftStep, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import Content, Written, archive, keep_variant, save_draft
from plugin.services.broadcasts.start import CannotStart, start
from plugin.services.message_templates.kept_drafts import DraftChanged, SeenDraft
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import HELLO, begin, kept, post
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def path(world: World, alice: Tenant) -> str:
    """A draft to one friend whose saved message says Hello."""
    linked(world, alice)
    path = begin(world, alice)
    post(alice.walker, f"{path}/who", name="Sale", audience="all")
    post(alice.walker, f"{path}/what", act="save", **HELLO)
    return path


def keep(world: World, tenant: Tenant, path: str, text: str, **more: Any) -> requests.Response:
    data = form(world, tenant, path, text, **more)
    return tenant.walker.session.post(f"{world.url}{path}/what/keep", data=data)


def form(world: World, tenant: Tenant, path: str, text: str, **more: Any) -> dict[str, str]:
    token = csrf_of(tenant.walker.go(f"{world.url}{path}/what"))
    fields = {**HELLO, "csrf_token": token, "bubble.0.text": text, **more}
    return {name: str(value) for name, value in fields.items()}


def shown(tenant: Tenant, world: World, path: str) -> str:
    return tenant.walker.go(f"{world.url}{path}/what").html


def saved(world: World) -> list[str]:
    with world.app.app_context():
        variants = Variant.of_broadcast(kept(world).id)
        return [variant.messages[0]["text"] for variant in variants]


def drafts(world: World) -> list[VariantDraft]:
    with world.app.app_context():
        return VariantDraft.of_broadcast(kept(world).id)


def seen(answer: dict[str, Any]) -> dict[str, str]:
    """The fields with which a form names the draft."""
    return {name: str(answer[name]) for name in ("draft", "step")}


def test_what_is_typed_is_found_again_and_saved(world: World, alice: Tenant, path: str) -> None:
    first = keep(world, alice, path, "Half", silent="yes").json()
    assert (first["step"], first["undo"], first["redo"]) == (1, True, False)
    html = shown(alice, world, path)
    assert ">\nHalf</textarea>" in html
    assert 'value="yes" checked data-testid="silent"' in html
    assert saved(world) == [HELLO["bubble.0.text"]]
    # It does not go out half written: the check says so, and so does the button.
    check = alice.walker.go(f"{world.url}{path}/check")
    assert "written and not saved" in check.text
    refused = post(alice.walker, f"{path}/start", reach="1")
    assert refused.status == 422
    page = post(alice.walker, f"{path}/what", act="save", silent="yes", **seen(first),
                **{**HELLO, "bubble.0.text": "Half and half"})  # fmt: skip
    assert page.url.endswith("/when"), page.text
    assert saved(world) == ["Half and half"]
    assert drafts(world) == []
    with world.app.app_context():
        assert db.session.query(VariantDraftStep).count() == 0
    assert "written and not saved" not in alice.walker.go(f"{world.url}{path}/check").text


def test_undone_redone_and_discarded(world: World, alice: Tenant, path: str) -> None:
    first = keep(world, alice, path, "One").json()
    keep(world, alice, path, "Two", **seen(first))

    def press(way: str, step: int, text: str) -> str:
        data = form(world, alice, path, text, act=way, draft=first["draft"], step=step)
        address = "what/discard" if way == "discard" else "what"
        return alice.walker.session.post(f"{world.url}{path}/{address}", data=data).text

    assert ">\nOne</textarea>" in press("undo", 2, "Two")
    # Before the first change stands what is saved.
    assert f">\n{HELLO['bubble.0.text']}</textarea>" in press("undo", 1, "One")
    assert "written and not saved" not in alice.walker.go(f"{world.url}{path}/check").text
    assert ">\nOne</textarea>" in press("redo", 0, HELLO["bubble.0.text"])
    assert ">\nOne</textarea>" in press("undo", 1, "Typed since")
    assert "What was saved stays" in press("discard", 1, "One")
    assert drafts(world) == []
    assert saved(world) == [HELLO["bubble.0.text"]]


def test_nobody_overwrites_another_unseen(world: World, alice: Tenant, path: str) -> None:
    first = seen(keep(world, alice, path, "Mine").json())
    others = {**drafts(world)[0].content, "drafts": [{"kind": "text", "text": "Theirs"}]}
    with world.app.app_context():
        written = Written(0, others, SeenDraft(drafts(world)[0].id, 1))
        keep_variant(kept(world), written, "other@example.test", others)
    late = keep(world, alice, path, "Mine, longer", **first)
    assert (late.status_code, late.json()["by"]) == (409, "other@example.test")
    for act in ("save", "add:text", "undo", "redo", "discard"):
        address = "what/discard" if act == "discard" else "what"
        data = form(world, alice, path, "Mine, longer", **first, act=act)
        refused = alice.walker.session.post(f"{world.url}{path}/{address}", data=data)
        assert refused.status_code == 409, act
        assert "Mine, longer" in refused.text
        assert 'data-testid="overtaken"' in refused.text
        assert 'name="step" value="2"' in refused.text
    assert ">\nTheirs</textarea>" in shown(alice, world, path)
    assert 'data-testid="rival"' in shown(alice, world, path)
    # Whoever has seen that may put theirs in its place.
    page = post(alice.walker, f"{path}/what", act="save", **{**first, "step": "2"},
                **{**HELLO, "bubble.0.text": "Mine, longer"})  # fmt: skip
    assert page.url.endswith("/when"), page.text
    assert saved(world) == ["Mine, longer"]


def test_messages_that_others_saved_are_said_above_the_draft(
    world: World, alice: Tenant, path: str
) -> None:
    keep(world, alice, path, "Mine")
    assert 'data-testid="saved-since"' not in shown(alice, world, path)
    with world.app.app_context():
        save_draft(kept(world), {}, [Content([{"type": "text", "text": "By a program"}])])
    assert 'data-testid="saved-since"' in shown(alice, world, path)


def test_a_variant_takes_its_draft_along(world: World, alice: Tenant, path: str) -> None:
    for _ in range(2):
        post(alice.walker, f"{path}/what/variants", act="add", variant="0")
    for number, text in enumerate(("For A", "For B", "For C")):
        keep(world, alice, path, text, variant=number)
    post(alice.walker, f"{path}/what/variants", act="remove", variant="1")
    contents = [(row.number, row.content["drafts"][0]["text"]) for row in drafts(world)]
    assert contents == [(0, "For A"), (1, "For C")]
    page = alice.walker.go(f"{world.url}{path}/what?variant=1")
    assert ">\nFor C</textarea>" in page.html
    # Fewer variants, saved by a program, leave no draft without one.
    with world.app.app_context():
        save_draft(kept(world), {}, [Content([{"type": "text", "text": "One"}])])
    assert [row.number for row in drafts(world)] == [0]


def test_what_is_wrong_is_kept_too(world: World, alice: Tenant, path: str) -> None:
    page = post(alice.walker, f"{path}/what", act="save",
                **{**HELLO, "bubble.0.text": "x" * 6000})  # fmt: skip
    assert page.status == 422
    assert "problems" in marks(page)
    assert "x" * 6000 in shown(alice, world, path)


def test_what_is_taken_back_stands_in_no_way(world: World, alice: Tenant, path: str) -> None:
    first = keep(world, alice, path, "Hello!").json()
    keep(world, alice, path, HELLO["bubble.0.text"], **seen(first))
    assert "written and not saved" not in alice.walker.go(f"{world.url}{path}/check").text
    page = post(alice.walker, f"{path}/start", reach="1")
    assert page.status == 200, page.text
    assert kept(world).state != "draft"
    assert drafts(world) == []


def test_writing_while_another_presses_send(world: World, alice: Tenant, path: str) -> None:
    with world.app.app_context():
        broadcast = kept(world)
        written = Written(0, {"drafts": [{"kind": "text"}]})
        keep_variant(broadcast, written, "other@example.test", {})
        with pytest.raises(CannotStart):
            start(broadcast)
        assert db.session.get_one(Broadcast, broadcast.id, populate_existing=True).state == "draft"
        with transaction() as session:
            session.get_one(Broadcast, broadcast.id).archived_at = utcnow()
    # What is no draft any more takes no words.
    answer = keep(world, alice, path, "Late", step=1)
    assert (answer.status_code, answer.json()) == (409, {"ended": True})


def test_another_tenants_draft_is_not_found(
    world: World, alice: Tenant, charlie: Tenant, path: str
) -> None:
    token = csrf_of(charlie.walker.go(f"{world.url}/templates"))
    for address, act in (("/keep", ""), ("", "undo"), ("", "redo"), ("/discard", "")):
        url = f"{world.url}{path}/what{address}"
        data = {"csrf_token": token, **HELLO, "act": act}
        answer = charlie.walker.session.post(url, data=data)
        assert answer.status_code == 404, (address, act)


def test_a_save_that_lost_its_answer_is_nobody_elses(
    world: World, alice: Tenant, path: str
) -> None:
    keep(world, alice, path, "Mine")
    content = drafts(world)[0].content
    with world.app.app_context():
        save_draft(kept(world), {}, None, None, Written(0, content))
        keep_variant(kept(world), Written(0, content), "me", {})
        with pytest.raises(DraftChanged):
            save_draft(kept(world), {}, None, None, Written(0, {"drafts": []}))


def test_a_form_with_a_draft_that_was_saved_begins_no_other(
    world: World, alice: Tenant, path: str
) -> None:
    first = seen(keep(world, alice, path, "Mine").json())
    page = post(alice.walker, f"{path}/what", act="save", **first,
                **{**HELLO, "bubble.0.text": "Mine"})  # fmt: skip
    assert page.url.endswith("/when"), page.text
    late = keep(world, alice, path, "Mine, longer", **first)
    assert (late.status_code, late.json()) == (409, {"ended": True})
    data = form(world, alice, path, "Mine, longer", **first, act="save")
    refused = alice.walker.session.post(f"{world.url}{path}/what", data=data)
    assert refused.status_code == 409
    assert "Mine, longer" in refused.text
    assert drafts(world) == []
    assert saved(world) == ["Mine"]


def test_settings_that_others_saved_are_said_above_the_draft_too(
    world: World, alice: Tenant, path: str
) -> None:
    keep(world, alice, path, "Mine")
    with world.app.app_context():
        save_draft(kept(world), {"silent": True})
    assert 'data-testid="saved-since"' in shown(alice, world, path)


def test_a_variant_that_others_changed_is_not_removed_unseen(
    world: World, alice: Tenant, path: str
) -> None:
    post(alice.walker, f"{path}/what/variants", act="add", variant="0")
    page = alice.walker.go(f"{world.url}{path}/what?variant=1")
    (button,) = [form for form in page.forms if "remove" in str(form.buttons)]
    with world.app.app_context():
        contents = [Content([{"type": "text", "text": text}]) for text in ("A", "Theirs")]
        save_draft(kept(world), {}, contents)
    answer = alice.walker.submit(page.forms.index(button), "remove", act="remove")
    assert "Nothing was removed" in answer.text
    assert saved(world) == ["A", "Theirs"]


def test_nothing_that_is_only_looked_at_is_a_deed(world: World, alice: Tenant, path: str) -> None:
    deeds = select(AuditEntry.deed).where(AuditEntry.deed == "broadcasts.what")
    with world.app.app_context():
        before = len(db.session.scalars(deeds).all())
    first = seen(keep(world, alice, path, "Half").json())
    for act in ("add:text", "undo", "redo"):
        data = form(world, alice, path, "Half", act=act, **first)
        assert alice.walker.session.post(f"{world.url}{path}/what", data=data).ok
        first = {"draft": first["draft"], "step": str(drafts(world)[0].step)}
    with world.app.app_context():
        assert len(db.session.scalars(deeds).all()) == before


def test_an_archived_draft_keeps_nothing_written(world: World, alice: Tenant, path: str) -> None:
    keep(world, alice, path, "Half")
    with world.app.app_context():
        archive(kept(world))
    assert drafts(world) == []
    late = keep(world, alice, path, "Half, longer")
    assert (late.status_code, late.json()) == (409, {"ended": True})
