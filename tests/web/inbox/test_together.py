"""Several members of a team at once: nothing is overwritten unseen, and nobody gets an error."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select

from plugin.core.clock import utcnow
from plugin.models import CannedAnswer, InboxRules, Member, db
from plugin.models.transaction import transaction
from plugin.services.inbox.canned import MOST, save_canned_answer
from plugin.services.inbox.refused import FieldsRefused
from plugin.services.inbox.rules import save_inbox_rules
from plugin.services.inbox.state import assign
from tests.services.inbox.talks import conversation_of, talk
from tests.support.walker import Page, Walker
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def sent_from(walker: Walker, page: Page, **fields: str) -> Page:
    """Send the form as it stands on a page that was loaded before."""
    walker.page = page
    place = next(at for at, form in enumerate(page.forms) if "text" in form.fields)
    return walker.submit(place, None, **fields)


@pytest.fixture
def answer_id(world: World, alice: Tenant) -> int:
    with world.app.app_context():
        return save_canned_answer(alice.installation_id, "Hours", "From ten", "a@b.test").id


def test_a_second_tab_overwrites_no_prepared_answer(
    world: World, alice: Tenant, answer_id: int
) -> None:
    walker, address = alice.walker, f"{world.url}/inbox/answers?answer={answer_id}"
    first, second = walker.go(address), walker.go(address)
    assert "Saved." in sent_from(walker, first, text="From ten to six").text
    page = sent_from(walker, second, name="Opening hours", text="From nine")
    assert page.status == 409
    assert "Text is now: From ten to six" in page.text
    assert "Name is now" not in page.text
    assert "From nine</textarea>" in page.html
    assert "Saved." in sent_from(walker, page, text="From nine").text
    with world.app.app_context():
        answer = db.session.scalars(select(CannedAnswer)).one()
        assert (answer.name, answer.text) == ("Opening hours", "From nine")


def test_what_was_typed_untouched_stands_as_it_is_now(
    world: World, alice: Tenant, answer_id: int
) -> None:
    walker, address = alice.walker, f"{world.url}/inbox/answers?answer={answer_id}"
    first, second = walker.go(address), walker.go(address)
    sent_from(walker, first, text="From ten\nto six")
    refused = sent_from(walker, second, name="", text="From ten")
    assert refused.status == 422
    page = sent_from(walker, refused, name="Opening hours", text="From ten")
    assert page.status == 409
    assert "From ten\nto six</textarea>" in page.html


def test_an_answer_that_somebody_deletes_loses_no_words(
    world: World, alice: Tenant, answer_id: int
) -> None:
    with world.app.app_context():
        answer = db.session.get_one(CannedAnswer, answer_id)
        with ThreadPoolExecutor(1) as other:
            other.submit(_delete, world, answer_id).result()
        with pytest.raises(FieldsRefused, match="Saving again makes a new one"):
            save_canned_answer(alice.installation_id, "Hours", "From nine", "", answer)


def _delete(world: World, answer_id: int) -> None:
    with world.app.app_context(), transaction() as session:
        session.delete(session.get_one(CannedAnswer, answer_id))


def test_the_last_prepared_answer_is_made_once(world: World, alice: Tenant) -> None:
    row = {
        "installation_id": alice.installation_id, "name": "x", "text": "y", "changed_by": "",
        "changed_at": utcnow(),
    }  # fmt: skip
    with world.app.app_context(), transaction() as session:
        session.execute(insert(CannedAnswer), [row] * (MOST - 1))

    def make(text: str) -> bool:
        with world.app.app_context():
            try:
                save_canned_answer(alice.installation_id, "Name", text, "")
            except FieldsRefused:
                return False
            return True

    assert sorted(_at_once(make, ["a", "b", "c"])) == [False, False, True]
    with world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(CannedAnswer)) == MOST


def test_two_first_rules_of_an_account_are_both_taken(world: World, alice: Tenant) -> None:
    def save(days: str) -> bool:
        with world.app.app_context():
            save_inbox_rules(world.account(alice), int(days), None, [])
        return True

    assert all(_at_once(save, ["30", "31", "32", "33"]))
    with world.app.app_context():
        assert db.session.scalars(select(InboxRules)).one().kept_days in range(30, 34)


def _at_once(deed: Callable[[str], bool], values: list[str]) -> list[bool]:
    barrier = Barrier(len(values))

    def begin(value: str) -> bool:
        barrier.wait(20)
        return deed(value)

    with ThreadPoolExecutor(len(values)) as threads:
        return list(threads.map(begin, values))


def test_whoever_has_a_conversation_is_offered_in_a_large_team(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    rows = [
        {"installation_id": alice.installation_id, "hubspot_user_id": 100 + number,
         "email": f"member{number:02}@example.test", "signed_in_at": utcnow(), "test_friends": {}}
        for number in range(60)
    ]  # fmt: skip
    with world.app.app_context():
        with transaction() as session:
            session.execute(insert(Member), rows)
        last = db.session.scalars(select(Member).where(Member.email == "member59@example.test"))
        assign(conversation_of(conversation_id), last.one())
    html = alice.walker.go(f"{world.url}/inbox/{conversation_id}").html
    assert re.search(r" selected>member59@example\.test</option>", html)
    assert "The first 50 by email address" in html


def test_a_form_of_an_answer_that_is_gone_keeps_its_words(
    world: World, alice: Tenant, answer_id: int
) -> None:
    walker = alice.walker
    form = walker.go(f"{world.url}/inbox/answers?answer={answer_id}")
    _delete(world, answer_id)
    page = sent_from(walker, form, text="From nine")
    assert page.status == 422
    assert "Saving again makes a new one" in page.text
    assert "From nine</textarea>" in page.html
    assert "Saved." in sent_from(walker, page, text="From nine").text
    with world.app.app_context():
        assert db.session.scalars(select(CannedAnswer)).one().text == "From nine"
