"""Many deliveries in few commits: one for all intents, then the calls, one for all results."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.messages.part import InvalidMessage
from plugin.gateways import Accepted, GatewayError
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, Installation
from plugin.models.people.friend import FOLLOWING, Friend, note_sent
from plugin.models.sending.delivery import (
    AcceptedDelivery,
    Delivery,
    mark_sending,
    store_accepted,
)
from plugin.models.system.activity import SENT, count
from plugin.models.transaction import in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.sending.deliver import (
    classify,
    deliver,
    had_no_effect,
    is_overdue,
    push_of,
)
from plugin.services.sending.free_reply import is_in_talk, is_lost_reply
from plugin.services.sending.personalise import PENDING, fill_pending, is_stale
from plugin.services.sending.quiet_hours import held_deliveries
from plugin.services.sending.quota import send_pause_of
from plugin.services.sending.results import record_sent

# None: finished. A time: try again then. An error: back off.
Outcome = datetime | GatewayError | None
Answers = dict[int, Accepted | GatewayError]
# So many calls of a batch are under way together: LINE takes its time for each.
AT_ONCE = 16
# No new call starts after this long: the jobs' leases run out, and a shutdown may be waiting.
SECONDS = 5.0
# These errors concern one message or one friend; LINE answers any other to all of them.
_ABOUT_ONE = ("invalid", "wrong_provider", "conflict", "not_found", "refused", "user_flood")


def deliver_many(
    deps: Dependencies, delivery_ids: Sequence[int], at_once: int = AT_ONCE
) -> dict[int, Outcome]:
    """Deliver each of these; return errors instead of raising them."""
    deliveries = Delivery.by_ids(delivery_ids)
    if _fill_together(deps, deliveries):
        deliveries = Delivery.by_ids(delivery_ids)
    outcomes = _push_all(deps, _plain_deliveries(deliveries), at_once)
    for delivery_id in delivery_ids:
        # An unknown friend status, pending tokens, an end without a try: more than a push.
        if delivery_id not in outcomes:
            outcomes[delivery_id] = _outcome(partial(deliver, deps, delivery_id))
    return outcomes


def fill_many(deps: Dependencies, delivery_ids: Sequence[int]) -> None:
    """Fill in the tokens of those that hold some, ahead of their sends."""
    _fill_together(deps, Delivery.by_ids(delivery_ids))


def _fill_together(deps: Dependencies, deliveries: Sequence[Delivery]) -> bool:
    """Fill in the tokens of those that hold some, and return whether there were any."""
    # One read fills a hundred contacts; what fails here is met again by each delivery's own try.
    failed: set[int] = set()
    pending = [delivery for delivery in deliveries if delivery.filling == PENDING]
    for delivery in pending:
        installation_id = delivery.friend.official_account.installation_id
        if (
            delivery.filling == PENDING
            and installation_id not in failed
            and _may_go(delivery, {installation_id})
        ):
            try:
                fill_pending(deps, delivery)
            except GatewayError:
                failed.add(installation_id)
            except InvalidMessage:
                continue
    return bool(pending)


def _plain_deliveries(deliveries: Sequence[Delivery]) -> list[Delivery]:
    installation_ids = {delivery.friend.official_account.installation_id for delivery in deliveries}
    active = Installation.id.in_(installation_ids) & (Installation.state == ACTIVE)
    active &= Installation.refused_since.is_(None)
    alive = set(db.session.scalars(select(Installation.id).where(active)))
    held = held_deliveries(deliveries, utcnow())
    plain = [
        delivery
        for delivery in deliveries
        if delivery.id not in held and _is_plain(delivery, alive)
    ]
    # Results are stored on contacts too, which all transactions lock in the order of their ids.
    return sorted(plain, key=_contact_row)


def _contact_row(delivery: Delivery) -> int:
    linkage = delivery.friend.linkage
    return linkage.contact_row_id if linkage else 0


def _is_plain(delivery: Delivery, alive: set[int]) -> bool:
    now = utcnow()
    filled = not delivery.filling and not is_stale(delivery, now)
    # A reply to the friend's own words goes by itself, and so does the end of one that was lost.
    if is_in_talk(delivery, now) or is_lost_reply(delivery):
        return False
    return filled and _may_go(delivery, alive)


def _may_go(delivery: Delivery, alive: set[int]) -> bool:
    account = delivery.friend.official_account
    return (
        not delivery.is_settled
        and delivery.friend.status == FOLLOWING
        and account.installation_id in alive
        and send_pause_of(account) is None
        and not is_overdue(delivery, utcnow())
    )


def _push_all(
    deps: Dependencies, deliveries: Sequence[Delivery], at_once: int
) -> dict[int, Outcome]:
    if not deliveries:
        return {}
    before = {
        delivery.id: (delivery.maybe_sent, delivery.first_tried_at) for delivery in deliveries
    }
    with transaction():
        marked = mark_sending(deliveries, utcnow())
    answers = _call(deps, marked, at_once)
    with transaction():
        _accept_all(marked, answers)
        for delivery in marked:
            answer = answers.get(delivery.id)
            if answer is None:
                delivery.maybe_sent, delivery.first_tried_at = before[delivery.id]
            elif isinstance(answer, GatewayError) and had_no_effect(answer):
                delivery.maybe_sent = before[delivery.id][0]
    # One that somebody else has settled meanwhile is finished.
    settled = {delivery.id: None for delivery in deliveries if delivery not in marked}
    return {**settled, **_outcomes(deps, marked, answers)}


def _accept_all(deliveries: Sequence[Delivery], answers: Answers) -> None:
    """Finish those that LINE accepted, with few statements for all of them."""
    now = utcnow()
    accepted = [
        (delivery, answer)
        for delivery in deliveries
        if isinstance(answer := answers.get(delivery.id), Accepted)
    ]
    if not accepted:
        return
    # In the order in which the session writes tables, against deadlocks with single deliveries.
    _mark_contacts([delivery.friend for delivery, _ in accepted])
    note_sent([delivery.friend_id for delivery, _ in accepted], now)
    store_accepted(
        [
            AcceptedDelivery(delivery.id, answer.request_id, list(answer.message_ids))
            for delivery, answer in accepted
        ],
        now,
    )
    record_sent(accepted)
    account_ids = Counter(delivery.official_account_id for delivery, _ in accepted)
    for account_id, n in sorted(account_ids.items()):
        count(account_id, SENT, n)


def _mark_contacts(friends: Sequence[Friend]) -> None:
    contacts: defaultdict[int, list[int]] = defaultdict(list)
    for friend in friends:
        if friend.linkage is not None:
            account = friend.official_account
            contacts[account.installation_id].append(friend.linkage.contact_row_id)
    for installation_id, row_ids in sorted(contacts.items()):
        mark_many_for_push(installation_id, row_ids)


def _call(deps: Dependencies, deliveries: Sequence[Delivery], at_once: int) -> Answers:
    answers: Answers = {}
    end = time.monotonic() + SECONDS
    for start in range(0, len(deliveries), at_once):
        # What stopped one call would stop the others.
        if time.monotonic() > end or any(map(_stops, answers.values())):
            break
        answers.update(_call_together(deps, deliveries[start : start + at_once]))
    return answers


def _call_together(deps: Dependencies, deliveries: Sequence[Delivery]) -> Answers:
    calls = [push_of(deps, delivery) for delivery in deliveries]
    if len(calls) == 1:
        return {deliveries[0].id: _answer(calls[0])}
    futures = in_parallel("line", calls)
    return {
        delivery.id: _answer(future.result)
        for delivery, future in zip(deliveries, futures, strict=True)
    }


def _answer(call: Callable[[], Accepted]) -> Accepted | GatewayError:
    try:
        return call()
    except GatewayError as error:
        return error


def _stops(answer: Accepted | GatewayError) -> bool:
    return isinstance(answer, GatewayError) and answer.reason not in _ABOUT_ONE


def _outcomes(
    deps: Dependencies, deliveries: Sequence[Delivery], answers: Answers
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for delivery in deliveries:
        answer = answers.get(delivery.id)
        if isinstance(answer, GatewayError):
            account = delivery.friend.official_account
            outcomes[delivery.id] = _outcome(partial(classify, deps, account, delivery, answer))
        elif answer is None:
            outcomes[delivery.id] = _retry_time(answers)
        else:
            outcomes[delivery.id] = None
    return outcomes


def _retry_time(answers: Answers) -> Outcome:
    # The limit that stopped the calls may say when it has room.
    retry_times = [error.retry_at for error in answers.values() if isinstance(error, GatewayError)]
    return max((moment for moment in retry_times if moment), default=utcnow())


def _outcome(attempt: Callable[[], datetime | None]) -> Outcome:
    try:
        return attempt()
    except GatewayError as error:
        return error
