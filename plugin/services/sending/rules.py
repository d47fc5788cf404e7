"""What a team may choose for an Official Account's sends, and the only place that validates it."""

from typing import NamedTuple

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.core.sending_hours import fault_of_hours
from plugin.core.time_zones import known_zone
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db, db_now_ms
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.job import Job
from plugin.models.transaction import affected, transaction

MOST_MESSAGES, MOST_DAYS, MOST_PEOPLE = 1000, 90, 100_000_000
MOST_HOLDOUT, MOST_PRICE = 50, 1_000_000_000
CURRENCIES = ("JPY", "THB", "TWD", "IDR", "USD", "EUR")


class RuleChoices(NamedTuple):
    """As the columns of `SendingRules`."""

    cap_messages: int | None = None
    cap_days: int = 7
    open_hours: list[list[int]] | None = None
    time_zone: str = ""
    zone_property: str = ""
    holdout_percent: int = 0
    approval_above: int | None = None
    free_messages: int | None = None
    price_milli: int | None = None
    currency: str = "JPY"


class InvalidRules(ValueError):
    """`refusals`: a reason by the name of the value."""

    def __init__(self, refusals: dict[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {reason}" for name, reason in refusals.items()))
        self.refusals = refusals


def choices_of(rules: SendingRules | None) -> RuleChoices:
    if rules is None:
        return RuleChoices()
    return RuleChoices(**{name: getattr(rules, name) for name in RuleChoices._fields})


def save_rules(
    account: OfficialAccount, choices: RuleChoices, by: str, seen: Seen | None = None
) -> SendingRules:
    """Raise `InvalidRules`, or `ChangedMeanwhile` where somebody saved after the form was loaded.
    Messages that quiet hours hold look at the new hours at once."""
    _validate(account, choices)
    with transaction() as session:
        # The account's row is locked, since the rules may have none yet.
        locked = select(OfficialAccount.id).where(OfficialAccount.id == account.id)
        session.execute(locked.with_for_update(of=OfficialAccount))
        found = select(SendingRules).where(SendingRules.official_account_id == account.id)
        rules = session.scalar(found.execution_options(populate_existing=True))
        before = choices_of(rules)
        refuse_overwrite(seen, before._asdict())
        if rules is None:
            rules = SendingRules(official_account_id=account.id)
            session.add(rules)
        for name, value in choices._asdict().items():
            setattr(rules, name, value)
        rules.changed_by, rules.changed_at = by[:255], utcnow()
        if _hours(before) != _hours(choices):
            _look_again(account.installation_id)
    return rules


def zone_properties(installation_id: int) -> list[SyncedProperty]:
    """Return the properties that may hold a contact's time zone: those with texts or choices."""
    synced = SyncedProperty.list_owned(installation_id)
    return [each for each in synced if each.type in ("string", "enumeration")]


def _validate(account: OfficialAccount, choices: RuleChoices) -> None:
    synced = {each.name for each in zone_properties(account.installation_id)}
    refusals = {
        "cap_messages": _range(choices.cap_messages, 0, MOST_MESSAGES),
        "cap_days": _range(choices.cap_days, 1, MOST_DAYS),
        "open_hours": "" if choices.open_hours is None else fault_of_hours(choices.open_hours),
        "time_zone": "" if not choices.time_zone or known_zone(choices.time_zone) else "zone",
        "zone_property": "" if choices.zone_property in {"", *synced} else "not_synced",
        "holdout_percent": _range(choices.holdout_percent, 0, MOST_HOLDOUT),
        "approval_above": _range(choices.approval_above, 0, MOST_PEOPLE),
        "free_messages": _range(choices.free_messages, 0, MOST_PEOPLE),
        "price_milli": _range(choices.price_milli, 0, MOST_PRICE),
        "currency": "" if choices.currency in CURRENCIES else "currency",
    }
    refused = {name: reason for name, reason in refusals.items() if reason}
    if refused:
        raise InvalidRules(refused)


def _range(number: int | None, least: int, most: int) -> str:
    return "" if number is None or least <= number <= most else "range"


def _hours(choices: RuleChoices) -> tuple[object, ...]:
    return choices.open_hours, choices.time_zone, choices.zone_property


def _look_again(installation_id: int) -> None:
    waiting = update(Job).where(
        Job.kind.in_(("deliver", "send_broadcast")),
        Job.tenant_id == installation_id,
        Job.owner == "",
        Job.failed.is_(False),
        Job.ready_ms > db_now_ms(),
    )
    no_sync = {"synchronize_session": False}
    affected(waiting.values(ready_ms=db_now_ms()).execution_options(**no_sync))
    db.session.flush()
