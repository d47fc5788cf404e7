"""Every `result` that HubSpot was promised, reached at the door; `hubspot-app.json` has the set.

A value that is declared and has no way here fails; one that is answered and not declared fails
wherever a test calls an action, since `tests/actions/calls.py` looks at each answer.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.properties import SEND_RESULTS
from plugin.models import ActionCall, Delivery, Question, Segment, SendingRules, db
from plugin.models.transaction import transaction
from plugin.services.executions.questions import accept_answer
from tests.actions.calls import DECLARED, befriended, queued, run
from tests.actions.test_friend_actions import make_menu
from tests.support.people import friend_of, line_user, linked
from tests.support.world import Tenant, World

Deed = Callable[[World, Tenant], object]
WELL = {"sent", "answered", "timed_out", "generated", "checked", "tagged", "switched",
        "in", "not_in"}  # fmt: skip
INPUTS = {
    "send-message": {"text": "Hi"},
    "ask-question": {"question": "Coming?", "choices": "Yes\nNo"},
    "generate-linkage-url": {"qr_code": "{qr_code}"},
    "check-friend": {},
    "check-segment": {"segment": "{segment}"},
    "tag-friend": {"new_tags": "vip"},
    "switch-rich-menu": {"rich_menu": "{account}:{menu}"},
}
# The ones that say what came of a send to a friend.
SENDS = {name for name, _ in SEND_RESULTS} - {"failed"}
PAIRS = [(action, result) for action, one in DECLARED.items() for result in one.results]


def nothing(_world: World, _tenant: Tenant) -> None:
    """The contact is tied to nobody, or nothing happens meanwhile."""


def somebody_who_blocks(world: World, tenant: Tenant) -> None:
    linked(world, tenant, status="blocked")


def a_stranger(world: World, tenant: Tenant) -> None:
    linked(world, tenant, user_id=line_user("bob"), status="unknown")


def another_providers_friend(world: World, tenant: Tenant) -> None:
    linked(world, tenant, user_id="U" + "f" * 32)


def a_month_used_up(world: World, tenant: Tenant) -> None:
    befriended(world, tenant)
    with world.app.app_context():
        channel = world.account(tenant).channel_id
    world.sandbox.control("POST", "/quota", {"channel": channel, "limit": 5, "used": 5})


def a_cap_of_nothing(world: World, tenant: Tenant) -> None:
    befriended(world, tenant)
    with world.app.app_context(), transaction() as session:
        account_id = tenant.account_id
        session.add(
            SendingRules(official_account_id=account_id, cap_messages=0, changed_at=utcnow())
        )


def a_line_that_is_busy(world: World, tenant: Tenant) -> None:
    """Others wait before this message, and menus cannot be switched."""
    queued(world, tenant, befriended(world, tenant))
    world.sandbox.fail("/v2/bot/user/.*/richmenu", {"status": 500})


def too_late(world: World, _tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        for delivery in db.session.scalars(select(Delivery)):
            delivery.give_up_at = utcnow()
        for call in db.session.scalars(select(ActionCall)):
            call.expires_at = utcnow()


def a_tap(world: World, tenant: Tenant) -> None:
    world.work()
    with world.app.app_context(), transaction():
        question = db.session.scalars(select(Question)).one()
        event = {"type": "message", "message": {"type": "text", "text": "yes"}}
        accept_answer(friend_of(question.friend_id), event, utcnow())


def a_day(world: World, _tenant: Tenant) -> None:
    world.work()
    with world.app.app_context(), transaction():
        db.session.scalars(select(Question)).one().closes_at = utcnow() - timedelta(seconds=1)
    world.work(ahead=24 * 3600 + 5)


class Way(NamedTuple):
    """How an execution comes to a result: who is there, what is asked, what happens meanwhile."""

    before: Deed = befriended
    inputs: Mapping[str, str] = MappingProxyType({})
    meanwhile: Deed = nothing


ELSEWHERE = {"official_account": "999"}
WAYS: dict[str, Way] = {
    "sent": Way(),
    "answered": Way(meanwhile=a_tap),
    "timed_out": Way(meanwhile=a_day),
    "not_linked": Way(nothing),
    "blocked": Way(somebody_who_blocks),
    "not_friend": Way(a_stranger),
    "wrong_provider": Way(another_providers_friend),
    "quota_exceeded": Way(a_month_used_up),
    "capped": Way(a_cap_of_nothing),
    "invalid_message": Way(inputs={"text": "Hi {{ contact.x }}", "question": "{{ contact.x }}"}),
    "expired": Way(a_line_that_is_busy, meanwhile=too_late),
    "failed": Way(
        inputs={**ELSEWHERE, "qr_code": "999", "rich_menu": "999:richmenu-1", "segment": "999"}
    ),
    "generated": Way(),
    "checked": Way(),
    "in": Way(),
    "not_in": Way(nothing),
    "tagged": Way(),
    "invalid_tag": Way(inputs={"new_tags": "x" * 51}),
    "switched": Way(),
    "menu_not_found": Way(inputs={"rich_menu": "{account}:richmenu-gone"}),
}


def test_every_promised_result_has_its_way_and_no_other() -> None:
    assert set(WAYS) == {result for _, result in PAIRS}
    assert set(INPUTS) == set(DECLARED)


@pytest.mark.parametrize(("action", "result"), PAIRS)
def test_a_result_is_reached(world: World, alice: Tenant, action: str, result: str) -> None:
    way = WAYS[result]
    menu = make_menu(world, alice) if action == "switch-rich-menu" else ""
    way.before(world, alice)
    names = {"account": alice.account_id, "qr_code": alice.qr_code_id, "menu": menu}
    with world.app.app_context():
        # That of the linked friends.
        names["segment"] = Segment.of_account(alice.account_id)[0].id
    told = {**INPUTS[action], **way.inputs}
    asked = {name: text for name, text in told.items() if name in DECLARED[action].inputs}
    inputs = {name: text if "{{" in text else text.format(**names) for name, text in asked.items()}
    outputs = run(world, action, inputs)
    if outputs["hs_execution_state"] == "BLOCK":
        way.meanwhile(world, alice)
        world.work(ahead=60)
        outputs = run(world, action, inputs)
    assert outputs["result"] == result
    state = "SUCCESS" if result in WELL else "FAIL_CONTINUE"
    assert outputs["hs_execution_state"] == state
    assert bool(outputs["error"]) == (result not in WELL)
    assert set(outputs) == {*DECLARED[action].outputs, "hs_execution_state"}
    assert run(world, action, inputs) == outputs, "a repeated call is told the same"
    if action in ("send-message", "ask-question") and result in SENDS:
        world.work()
        assert world.sandbox.contact()["line_last_result"] == result
