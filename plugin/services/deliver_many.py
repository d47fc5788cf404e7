"""Many deliveries for few commits: one for all intents, then the calls, one for all outcomes."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.gateways import Accepted, GatewayError
from plugin.models.base import db, transaction
from plugin.models.installation import ACTIVE, Installation
from plugin.models.people import FOLLOWING
from plugin.models.sending import Delivery
from plugin.services import Outside
from plugin.services.deliver import accept, deliver, intend, is_late, is_plain_no, judge, push
from plugin.services.quota import halt_of

# None: settled. A moment: again then. An error: to back off.
Ending = datetime | GatewayError | None
Answers = dict[int, Accepted | GatewayError]
# No new call begins after this long: the jobs' leases run, and somebody may want us to stop.
SECONDS = 5.0
# What LINE answers to one answers to all; only these are about one message or one friend.
_ABOUT_ONE = ("invalid", "conflict", "not_found", "refused", "user_flood")


def deliver_many(outside: Outside, delivery_ids: Sequence[int]) -> dict[int, Ending]:
    """As `deliver` does for each, but errors are answered, not raised.

    What takes more than a push (a friend in doubt, tokens to fill, an end without a try) goes
    its own way.
    """
    endings = _push_all(outside, _plain_ones(delivery_ids))
    for delivery_id in delivery_ids:
        if delivery_id not in endings:
            endings[delivery_id] = _ending(partial(deliver, outside, delivery_id))
    return endings


def _plain_ones(delivery_ids: Sequence[int]) -> list[Delivery]:
    found = Delivery.by_ids(delivery_ids)
    owners = {one.friend.official_account.installation_id for one in found}
    active = Installation.id.in_(owners) & (Installation.state == ACTIVE)
    alive = set(db.session.scalars(select(Installation.id).where(active)))
    return [one for one in found if _is_plain(one, alive)]


def _is_plain(delivery: Delivery, alive: set[int]) -> bool:
    account = delivery.friend.official_account
    return (
        not delivery.is_settled
        and not delivery.filling
        and delivery.friend.status == FOLLOWING
        and account.installation_id in alive
        and halt_of(account) is None
        and not is_late(delivery, utcnow())
    )


def _push_all(outside: Outside, deliveries: Sequence[Delivery]) -> dict[int, Ending]:
    if not deliveries:
        return {}
    before = {one.id: one.maybe_sent for one in deliveries}
    with transaction():
        for one in deliveries:
            intend(one)
    answers = _call(outside, deliveries)
    with transaction():
        for one in deliveries:
            answer = answers.get(one.id)
            if isinstance(answer, Accepted):
                accept(one, answer)
            elif answer is None or is_plain_no(answer):
                one.maybe_sent = before[one.id]
    return _endings(outside, deliveries, answers)


def _call(outside: Outside, deliveries: Sequence[Delivery]) -> Answers:
    """One after the other, until one meets what all would meet."""
    answers: Answers = {}
    end = time.monotonic() + SECONDS
    for one in deliveries:
        if time.monotonic() > end:
            break
        try:
            answers[one.id] = push(outside, one)
        except GatewayError as error:
            answers[one.id] = error
            if error.reason not in _ABOUT_ONE:
                break
    return answers


def _endings(
    outside: Outside, deliveries: Sequence[Delivery], answers: Answers
) -> dict[int, Ending]:
    endings: dict[int, Ending] = {}
    for one in deliveries:
        answer = answers.get(one.id)
        if isinstance(answer, GatewayError):
            account = one.friend.official_account
            endings[one.id] = _ending(partial(judge, outside, account, one, answer))
        elif answer is None:
            endings[one.id] = _not_begun(answers)
        else:
            endings[one.id] = None
    return endings


def _not_begun(answers: Answers) -> Ending:
    """Again at once, or when the limit that stopped the others has room."""
    told = [one.retry_at for one in answers.values() if isinstance(one, GatewayError)]
    return max((moment for moment in told if moment), default=utcnow())


def _ending(deed: Callable[[], datetime | None]) -> Ending:
    try:
        return deed()
    except GatewayError as error:
        return error
