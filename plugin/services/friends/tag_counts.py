"""How many friends carry a tag: folded from what writes add, and compared with the rows."""

from collections import Counter

import structlog
from sqlalchemy import bindparam, delete, func, select, update

from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.tag import FriendTag, Tag, TagChange
from plugin.models.sql import among
from plugin.models.transaction import transaction

log = structlog.get_logger()
BATCH_SIZE = 5000


def fold_tags() -> bool:
    """Fold the oldest changes; return True if more are left."""
    if db.session.scalar(select(TagChange.id).limit(1)) is None:
        return False
    # Another runner's are left to it: each change is taken and added in one transaction.
    oldest = select(TagChange.id).order_by(TagChange.id).limit(BATCH_SIZE)
    free = oldest.with_for_update(skip_locked=True)
    taken = delete(TagChange).where(among(TagChange.id, free))
    statement = taken.returning(TagChange.tag_id, TagChange.n)
    with transaction() as session:
        rows = session.execute(statement, execution_options={"synchronize_session": False}).all()
        sums = Counter[int]()
        for tag_id, n in rows:
            sums[tag_id] += n
        # In one order, against deadlocks.
        changes = [{"tag": tag_id, "n": n} for tag_id, n in sorted(sums.items()) if n]
        if changes:
            session.connection().execute(_ADD, changes)
    return len(rows) == BATCH_SIZE


_ADD = update(Tag).where(Tag.id == bindparam("tag")).values(friends=Tag.friends + bindparam("n"))


def check_tags(account_id: int) -> bool:
    """Compare the counts of the account's tenant with the rows, and correct them; return False:
    never more."""
    account = OfficialAccount.by_id(account_id)
    if account is None:
        return False
    # One statement sees rows and counts of one moment, whoever writes meanwhile.
    carried = select(func.count()).select_from(FriendTag).where(FriendTag.tag_id == Tag.id)
    pending = select(func.coalesce(func.sum(TagChange.n), 0)).where(TagChange.tag_id == Tag.id)
    drift = carried.scalar_subquery() - Tag.friends - pending.scalar_subquery()
    own = select(Tag.id, drift).where(Tag.installation_id == account.installation_id, drift != 0)
    with transaction() as session:
        # Of several accounts of a tenant one corrects at a time, and the next sees it.
        tenant = select(Installation.id).where(Installation.id == account.installation_id)
        session.execute(tenant.with_for_update())
        rows = session.execute(own).tuples().all()
        session.add_all(TagChange(tag_id=tag_id, n=n) for tag_id, n in rows)
    if rows:
        log.warning("tag_counts_corrected", account=account_id, tags=len(rows))
    return False
