"""How long an account's conversations are kept, and who is told of friends that wait."""

from collections.abc import Sequence

from plugin.core.text.sentences import Sentence
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.inbox_rules import InboxRules
from plugin.models.sql import insert_or
from plugin.models.transaction import transaction
from plugin.services.inbox.refused import FieldsRefused

FEWEST_DAYS, MOST_DAYS = 1, 3650
FEWEST_MINUTES, MOST_MINUTES = 1, 1440
MOST_ADDRESSES, LONGEST_ADDRESS = 10, 320


def save_inbox_rules(
    account: OfficialAccount, kept_days: int, notify_after: int | None, notify_to: Sequence[str]
) -> None:
    """Store the rules. Raise `FieldsRefused`."""
    problems: dict[str, Sentence] = {}
    if not FEWEST_DAYS <= kept_days <= MOST_DAYS:
        problems["kept_days"] = Sentence(
            "Keep messages for %(least)s to %(most)s days.", least=1, most=MOST_DAYS
        )
    if notify_after is not None and not FEWEST_MINUTES <= notify_after <= MOST_MINUTES:
        problems["notify_after"] = Sentence(
            "Choose %(least)s to %(most)s minutes.", least=1, most=MOST_MINUTES
        )
    addresses = list(dict.fromkeys(address.strip() for address in notify_to if address.strip()))
    if len(addresses) > MOST_ADDRESSES or not all(map(_is_address, addresses)):
        problems["notify_to"] = Sentence(
            "Write up to %(most)s email addresses, one a line.", most=MOST_ADDRESSES
        )
    if problems:
        raise FieldsRefused(problems)
    values = {
        "kept_days": kept_days, "notify_after": notify_after, "notify_to": ",".join(addresses),
    }  # fmt: skip
    # Two members may store the account's first rules at once.
    statement = insert_or(InboxRules).values(official_account_id=account.id, **values)
    key = [InboxRules.official_account_id]
    with transaction() as session:
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
        session.get(InboxRules, account.id, populate_existing=True)


def _is_address(address: str) -> bool:
    name, at, host = address.rpartition("@")
    printable = address.isprintable() and " " not in address and "," not in address
    return bool(name and at and "." in host and printable and len(address) <= LONGEST_ADDRESS)
