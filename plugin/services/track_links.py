"""Tracked links: an address of ours that leads on, and remembers who tapped."""

from plugin.core.clicks import Click, read_code, write_code
from plugin.core.clock import utcnow
from plugin.core.messages import Wrap
from plugin.core.tokens import fingerprint
from plugin.models.base import db, transaction
from plugin.models.link_click import LinkClick, LinkTarget
from plugin.models.official_account import OfficialAccount
from plugin.models.sending import Delivery
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.link_friend import owe_mirror


def tracker(outside: Outside, account: OfficialAccount, retry_key: str) -> Wrap:
    """Wraps the targets of one message's buttons, inside the caller's transaction."""

    def wrap(url: str) -> str:
        target = _target(account.id, url)
        code = write_code(outside.settings.secret_keys[0], Click(target.id, retry_key))
        return f"{outside.settings.base_url}/r/{code}"

    return wrap


def follow_link(outside: Outside, code: str, *, counts: bool) -> str | None:
    """Where a code leads, or None for a code that is not ours. `counts`: it was a person's tap."""
    click = read_code(outside.settings.secret_keys, code)
    target = LinkTarget.by_id(click.target) if click else None
    if click is None or target is None:
        return None
    delivery = Delivery.by_retry_key(click.retry_key) if counts else None
    if delivery is not None and delivery.official_account_id == target.official_account_id:
        with transaction():
            _note(delivery, target)
    return target.url


def _target(account_id: int, url: str) -> LinkTarget:
    mark = fingerprint(url)
    known = LinkTarget.of_account(account_id, mark)
    if known is None:
        row = {"official_account_id": account_id, "fingerprint": mark, "url": url}
        db.session.execute(insert_or(LinkTarget).values(row).on_conflict_do_nothing())
        known = LinkTarget.of_account(account_id, mark)
    assert known is not None  # noqa: S101 - inserted a line above
    return known


def _note(delivery: Delivery, target: LinkTarget) -> None:
    now = utcnow()
    row = {
        "delivery_id": delivery.id,
        "link_target_id": target.id,
        "first_at": now,
        "last_at": now,
        "count": 1,
    }
    statement = insert_or(LinkClick).values(row)
    again = {"last_at": now, "count": LinkClick.count + 1}
    unique = ["delivery_id", "link_target_id"]
    db.session.execute(statement.on_conflict_do_update(index_elements=unique, set_=again))
    delivery.friend.last_clicked_at = now
    if delivery.friend.linkage is not None:
        owe_mirror(delivery.friend.linkage.contact)
