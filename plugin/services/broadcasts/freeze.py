"""Freezes an audience: who gets the broadcast is written down at one moment and stays."""

from sqlalchemy import Select

from plugin.core.broadcasts.shares import shares
from plugin.core.clock import utcnow
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import ALL, SEGMENT, Broadcast
from plugin.models.broadcasts.budget import keep_likeliest
from plugin.models.broadcasts.frozen_audience import (
    Freeze,
    all_friends,
    any_unlinked,
    delete_some,
    insert_friends,
    insert_not_linked,
    members,
)
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import in_state, recount
from plugin.models.broadcasts.variant import Variant
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.sql import analyze_grown
from plugin.models.transaction import transaction
from plugin.services.segments.members import RuleError, select_members

# So many rows are deleted in one transaction.
DELETED = 5000
LINKING = ("linkage.", "hubspot.", "contact.")


class CouldNotStart(Exception):
    """Nothing is sent; `reason` is a key of `core.broadcasts.reasons`."""

    def __init__(self, reason: str, error: str = "") -> None:
        super().__init__(reason)
        self.reason, self.error = reason, error


def delete_former(broadcast_id: int) -> bool:
    """Delete some recipients of an earlier freeze; return True if more may be left."""
    with transaction():
        return delete_some(broadcast_id, DELETED) == DELETED


def freeze(broadcast_id: int, *states: str) -> bool:
    """Write the recipients and their tally, with the rule and the messages as they are now. Return
    False where the broadcast is in no such state any more. Raise `CouldNotStart`."""
    with transaction():
        broadcast = Broadcast.held(broadcast_id)
        if broadcast is None or broadcast.state not in states or broadcast.frozen_at is not None:
            return False
        variants = Variant.of_broadcast(broadcast.id)
        for variant in variants:
            fix_version(variant)
        _insert(broadcast, len(variants))
        broadcast.total = recount(broadcast.id)
        if broadcast.budget is not None:
            keep_likeliest(broadcast.id, broadcast.budget, utcnow())
            recount(broadcast.id)
        if not in_state(broadcast.id, "waiting"):
            raise CouldNotStart("nobody")
        broadcast.needs_link = _asks_for_linkage(broadcast) and not any_unlinked(broadcast.id)
        broadcast.frozen_at = utcnow()
        broadcast.reason = broadcast.error = ""
        analyze_grown(Recipient)
    return True


def fix_version(variant: Variant) -> None:
    """Store the template's present messages, since a later version must change nothing here."""
    if variant.template_id is None:
        return
    template = db.session.get(Template, variant.template_id)
    if template is None or template.archived_at is not None:
        raise CouldNotStart("template_gone")
    version = TemplateVersion.current(template)
    variant.template_version, variant.messages = version.number, version.messages
    variant.tracks_links = version.tracks_links


def _insert(broadcast: Broadcast, variants: int) -> None:
    account, rules = (
        broadcast.official_account,
        SendingRules.of_account(broadcast.official_account_id),
    )
    frozen = Freeze(
        broadcast.id,
        account.id,
        account.installation_id,
        shares(variants, broadcast.holdout_percent, broadcast.split_percent),
        rules.holdout_percent if rules else 0,
    )
    insert_friends(frozen, chosen_friends(broadcast, stores=True))
    if broadcast.audience not in (ALL, SEGMENT):
        insert_not_linked(frozen)


def chosen_friends(broadcast: Broadcast, *, stores: bool = False) -> Select[tuple[int]]:
    """Select the friends whom the broadcast chooses at this moment. `stores`: keep the segment's
    rule with the broadcast. Raise `CouldNotStart`."""
    account = broadcast.official_account
    if broadcast.audience == ALL:
        return all_friends(account.id)
    if broadcast.audience != SEGMENT:
        return members(broadcast.id, account.id, account.installation_id)
    segment = db.session.get(Segment, broadcast.segment_id or 0)
    if segment is None or segment.archived_at or segment.official_account_id != account.id:
        raise CouldNotStart("segment_gone")
    version = SegmentVersion.current(segment)
    if stores:
        broadcast.segment_version, broadcast.rule = version.number, version.rule
    try:
        return select_members(account, version.rule)
    except RuleError as error:
        raise CouldNotStart("segment_gone", str(error)) from None


def _asks_for_linkage(broadcast: Broadcast) -> bool:
    if broadcast.audience == SEGMENT:
        return any(field.startswith(LINKING) for field in _fields(broadcast.rule))
    return broadcast.audience != ALL


def _fields(rule: object) -> list[str]:
    if isinstance(rule, dict):
        own = [str(rule["field"])] if "field" in rule else []
        return own + [name for inner in rule.values() for name in _fields(inner)]
    return [name for inner in rule for name in _fields(inner)] if isinstance(rule, list) else []
