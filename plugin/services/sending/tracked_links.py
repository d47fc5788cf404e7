"""Tracked links: our redirects, which count clicks."""

from collections.abc import Collection
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.messages.part import is_address
from plugin.core.messages.tracked_links import (
    Wrap,
    line_parameters,
    may_be_tracked,
    with_campaign,
)
from plugin.core.security.click_codes import Click, read_code, write_code
from plugin.core.security.tokens import fingerprint
from plugin.core.text.uris import uri_of
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sql import insert_or
from plugin.models.system.activity import TAPPED, count
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.outgoing.facts import link_tapped
from plugin.settings import Settings


class Owner(NamedTuple):
    """The friend whose personal text stands in the addresses `urls`."""

    friend_id: int
    urls: Collection[str]


def tracker(
    deps: Dependencies,
    account: OfficialAccount,
    retry_key: str,
    owner: Owner | None = None,
    known: dict[str, int] | None = None,
    utm: str = "",
) -> Wrap:
    """Return a function that wraps the addresses of one message, inside the caller's transaction.
    `known` caches the rows of addresses across the messages of a transaction. `utm`: the HubSpot
    campaign that the addresses name."""
    settings = deps.settings
    unwrapped_prefixes = untracked_prefixes(settings)
    target_ids = {} if known is None else known

    def wrap(url: str) -> str:
        if not may_be_tracked(url, unwrapped_prefixes):
            return url
        friend_id = owner.friend_id if owner and url in owner.urls else None
        url = with_campaign(url, utm)
        # A personal address belongs to one friend, even where another friend's is the same.
        key = fingerprint(url if friend_id is None else f"{friend_id} {url}")
        if key not in target_ids:
            target_ids[key] = _target_id(account.id, key, url, friend_id)
        code = write_code(settings.secret_keys[0], Click(target_ids[key], retry_key))
        return f"{settings.base_url}/r/{code}{line_parameters(url)}"

    return wrap


def untracked_prefixes(settings: Settings) -> tuple[str, str]:
    # LINE's own addresses need their host, and ours may be secret.
    return f"{settings.base_url}/", f"{settings.line_liff_base}/"


def follow_link(deps: Dependencies, code: str, *, counts: bool) -> str | None:
    """Return a code's address; None for a foreign code or an address that no browser can open,
    which old templates may hold. `counts`: a person clicked."""
    click = read_code(deps.settings.secret_keys, code)
    target = LinkTarget.by_id(click.target) if click else None
    url = uri_of(target.url) if target else ""
    if click is None or target is None or not is_address(url, ("http", "https")):
        return None
    delivery = Delivery.by_retry_key(click.retry_key) if counts else None
    if delivery is not None and delivery.official_account_id == target.official_account_id:
        with transaction():
            _count_click(delivery, target)
    return url


def _target_id(account_id: int, mark: str, url: str, friend_id: int | None) -> int:
    known = LinkTarget.id_of(account_id, mark)
    if known is None:
        row = {"official_account_id": account_id, "fingerprint": mark, "url": url}
        new = insert_or(LinkTarget).values(**row, friend_id=friend_id)
        db.session.execute(new.on_conflict_do_nothing())
        known = LinkTarget.id_of(account_id, mark)
    assert known is not None  # noqa: S101 - inserted a line above
    return known


def _count_click(delivery: Delivery, target: LinkTarget) -> None:
    now = utcnow()
    if delivery.broadcast_id is not None and not LinkClick.any_of(delivery.id):
        Broadcast.count_tap(delivery.broadcast_id)
    row = {
        "delivery_id": delivery.id,
        "link_target_id": target.id,
        "first_at": now,
        "last_at": now,
        "count": 1,
    }
    statement = insert_or(LinkClick).values(row)
    update = {"last_at": now, "count": LinkClick.count + 1}
    unique = ["delivery_id", "link_target_id"]
    db.session.execute(statement.on_conflict_do_update(index_elements=unique, set_=update))
    delivery.friend.last_clicked_at = now
    count(delivery.official_account_id, TAPPED)
    link_tapped(delivery, target, now)
    if delivery.friend.linkage is not None:
        mark_for_push(delivery.friend.linkage.contact)
