"""What a person or a program decides about imports of friends: begin, with a file, cancel."""

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.importing import user_ids_in
from plugin.models.base import affected, db, transaction
from plugin.models.friend_import import (
    CANCELLED,
    FILE,
    FOLLOWERS,
    RUNNING,
    FriendCandidate,
    FriendImport,
)
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.upsert import insert_rows

# One row each is kept until the import is over; a larger list comes in several files.
MOST_IDS = 100_000
MOST_BYTES = 4_000_000


class UnfitFile(ValueError):
    """The file cannot be taken; `reason` is too_large, too_many or no_ids."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def begin_friend_import(account: OfficialAccount) -> FriendImport:
    """List the account's friends at LINE; the import under way where there is one."""
    with transaction() as session:
        # Locked, so that two who press at once get the same import.
        session.execute(
            select(OfficialAccount.id).where(OfficialAccount.id == account.id).with_for_update()
        )
        running = FriendImport.running_of(account.id)
        if running is None:
            return _begin(account, FOLLOWERS)
        # Also wakes a job that was given up.
        plant("import_friends", running.id, account.installation_id)
        return running


def begin_file_import(account: OfficialAccount, file: bytes) -> FriendImport:
    """Take the LINE user IDs of a CSV file. Raises `UnfitFile`."""
    if len(file) > MOST_BYTES:
        raise UnfitFile("too_large")
    user_ids, invalid = user_ids_in(file)
    if not user_ids:
        raise UnfitFile("no_ids")
    if len(user_ids) > MOST_IDS:
        raise UnfitFile("too_many")
    with transaction():
        run = _begin(account, FILE)
        run.total, run.invalid = len(user_ids), invalid
        rows = [{"friend_import_id": run.id, "line_user_id": one} for one in user_ids]
        db.session.execute(insert_rows(FriendCandidate), rows)
    return run


def cancel_friend_import(run: FriendImport) -> bool:
    """End it; friends it met stay. False where it had ended."""
    mine = update(FriendImport).where(FriendImport.id == run.id, FriendImport.state == RUNNING)
    values = {"state": CANCELLED, "finished_at": utcnow(), "step": FriendImport.step + 1}
    with transaction() as session:
        ended = affected(mine.values(values).execution_options(synchronize_session=False)) == 1
        session.refresh(run)
        FriendCandidate.forget(run.id)
        plant("read_profiles", run.official_account_id, run.installation_id)
    return ended


def _begin(account: OfficialAccount, source: str) -> FriendImport:
    run = FriendImport(
        installation_id=account.installation_id,
        official_account_id=account.id,
        source=source,
        started_at=utcnow(),
    )
    db.session.add(run)
    db.session.flush()
    plant("import_friends", run.id, account.installation_id)
    return run
