"""Tracked links: an address of ours that leads on, and remembers who tapped."""

from collections.abc import Collection
from typing import NamedTuple

from plugin.core.clicks import Click, read_code, write_code
from plugin.core.clock import utcnow
from plugin.core.tokens import fingerprint
from plugin.core.tracked_links import Wrap, may_be_tracked
from plugin.models.base import db, transaction
from plugin.models.link_click import LinkClick, LinkTarget
from plugin.models.official_account import OfficialAccount
from plugin.models.sending import Delivery
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.link_friend import owe_mirror


class Owner(NamedTuple):
    """The friend whose own words stand in the addresses `urls`."""

    friend_id: int
    urls: Collection[str]


def tracker(
    outside: Outside,
    account: OfficialAccount,
    retry_key: str,
    owner: Owner | None = None,
    known: dict[str, int] | None = None,
) -> Wrap:
    """Wraps the addresses of one message, inside the caller's transaction.

    `known` remembers the rows of addresses from one message of a transaction to the next.
    What must keep its host stays as it is: LINE's own addresses, and ours, which may be secret.
    """
    settings = outside.settings
    kept = (f"{settings.base_url}/", f"{settings.line_liff_base}/")
    targets = {} if known is None else known

    def wrap(url: str) -> str:
        if not may_be_tracked(url, kept):
            return url
        whose = owner.friend_id if owner and url in owner.urls else None
        # A friend's own is theirs even where another's is the same.
        mark = fingerprint(url if whose is None else f"{whose} {url}")
        if mark not in targets:
            targets[mark] = _target(account.id, mark, url, whose)
        code = write_code(settings.secret_keys[0], Click(targets[mark], retry_key))
        return f"{settings.base_url}/r/{code}"

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


def _target(account_id: int, mark: str, url: str, friend_id: int | None) -> int:
    """The id of an address by its fingerprint; made where it is new."""
    known = LinkTarget.id_of(account_id, mark)
    if known is None:
        row = {"official_account_id": account_id, "fingerprint": mark, "url": url}
        new = insert_or(LinkTarget).values(**row, friend_id=friend_id)
        db.session.execute(new.on_conflict_do_nothing())
        known = LinkTarget.id_of(account_id, mark)
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
