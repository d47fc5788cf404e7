"""Up to a hundred pairs that an API client links with one call to HubSpot and few statements, each
under the rules of a single link. A pair that cannot be linked stops no other."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Literal, NamedTuple, TypeVar

from sqlalchemy import or_, select

from plugin.core.clock import utcnow
from plugin.core.linkage import Decision
from plugin.gateways import ContactRecord, GatewayError, Profile
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.transaction import in_parallel, retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.id_properties import user_id_property, value_of
from plugin.services.contacts.lookup import by_id, by_ids
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.contacts.records import get_or_create_contacts, lock_contacts
from plugin.services.friends.records import get_or_create_friends
from plugin.services.linkage.bulk_link import Pair, bulk_link
from plugin.services.linkage.by_property import existing_value
from plugin.services.linkage.history import LinkCause
from plugin.services.linkage.manual import UnknownId, is_unknown, link_record, store_profile

# "unavailable": HubSpot or LINE could not be asked about this pair; "refused": asking once more
# cannot help, and the gateway's error says why.
Outcome = Decision | Literal["unknown_contact", "unknown_friend", "unavailable", "refused"]
Key = TypeVar("Key")
T = TypeVar("T")


class Wanted(NamedTuple):
    """A contact and a friend to be linked, by the platforms' ids."""

    account: OfficialAccount
    contact_id: int
    line_user_id: str


class Linked(NamedTuple):
    """`linkage`: the one made or found, or the conflicting one. `error`: of "unavailable" and
    "refused"."""

    outcome: Outcome
    linkage: Linkage | None = None
    error: GatewayError | None = None


class _Link(NamedTuple):
    """A pair that both platforms know. `profile` None: the friend is known here."""

    place: int
    account: OfficialAccount
    record: ContactRecord
    line_user_id: str
    profile: Profile | None


def link_many(
    deps: Dependencies, installation_id: int, wanted: Sequence[Wanted], actor: str
) -> list[Linked]:
    """Link them, and return what became of each, in order. Raise `GatewayError` where HubSpot could
    not be reached: nothing was done then."""
    records = _read_contacts(deps, installation_id, [pair.contact_id for pair in wanted])
    profiles = _read_profiles(deps, wanted)
    outcomes: dict[int, Linked] = {}
    links: list[_Link] = []
    for place, pair in enumerate(wanted):
        record, profile = records[pair.contact_id], profiles.get(_key(pair))
        problem = _problem(record, profile)
        if problem is not None:
            outcomes[place] = problem
        elif isinstance(record, ContactRecord) and not isinstance(profile, GatewayError):
            links.append(_Link(place, pair.account, record, pair.line_user_id, profile))
    links.sort(key=lambda link: link.account.id)
    for _, group in groupby(links, key=lambda link: link.account.id):
        outcomes |= _link_group(list(group), actor)
    return [outcomes[place] for place in range(len(wanted))]


def _key(pair: Wanted) -> tuple[int, str]:
    return pair.account.id, pair.line_user_id


def _problem(
    record: ContactRecord | GatewayError | None, profile: Profile | GatewayError | None
) -> Linked | None:
    if record is None:
        return Linked("unknown_contact")
    if isinstance(profile, GatewayError) and is_unknown(profile):
        return Linked("unknown_friend")
    for error in (record, profile):
        if isinstance(error, GatewayError):
            return Linked("refused" if error.permanent else "unavailable", error=error)
    return None


def _read_contacts(
    deps: Dependencies, installation_id: int, contact_ids: Sequence[int]
) -> dict[int, ContactRecord | GatewayError | None]:
    batch = by_ids(deps, installation_id, list(dict.fromkeys(contact_ids)))
    found = {record.contact_id: record for record in batch.records}
    # HubSpot left these out of its answer, since they were merged, for example.
    unclear = [contact_id for contact_id in map(int, batch.errors) if contact_id not in found]
    alone = _asked_together(
        "hubspot",
        {contact_id: partial(by_id, deps, installation_id, contact_id) for contact_id in unclear},
    )
    return {
        contact_id: found.get(contact_id) or alone.get(contact_id) for contact_id in contact_ids
    }


def _read_profiles(
    deps: Dependencies, wanted: Sequence[Wanted]
) -> dict[tuple[int, str], Profile | GatewayError]:
    """Ask LINE for those that are unknown here, all at the same time."""
    known = _known_friends(wanted)
    unknown = {_key(pair): pair for pair in wanted if _key(pair) not in known}
    channels = {pair.account.id: messaging_channel(pair.account) for pair in unknown.values()}
    profile = deps.gateways.line.profile
    return _asked_together(
        "line",
        {
            (account_id, line_user_id): partial(profile, channels[account_id], line_user_id)
            for account_id, line_user_id in unknown
        },
    )


def _asked_together(
    platform: str, calls: Mapping[Key, Callable[[], T]]
) -> dict[Key, T | GatewayError]:
    """Make the calls at the same time. Return what each was answered, or its error."""
    futures = in_parallel(platform, list(calls.values())) if calls else []
    answers: dict[Key, T | GatewayError] = {}
    for key, future in zip(calls, futures, strict=True):
        error = future.exception()
        if error is not None and not isinstance(error, GatewayError):
            raise error
        answers[key] = error or future.result()
    return answers


def _known_friends(wanted: Sequence[Wanted]) -> set[tuple[int, str]]:
    statement = select(Friend.official_account_id, Friend.line_user_id).where(
        Friend.official_account_id.in_({pair.account.id for pair in wanted}),
        Friend.line_user_id.in_({pair.line_user_id for pair in wanted}),
    )
    return set(db.session.execute(statement).tuples().all())


def _link_group(links: list[_Link], actor: str) -> dict[int, Linked]:
    """Link the pairs of one account: together those that share nobody, the others one by one."""
    together, alone = _apart(links)
    decided = _link_together(together, actor)
    alone += [link for link in together if link.place not in decided]
    outcomes = _with_linkages(together, decided)
    for link in sorted(alone, key=lambda link: link.place):
        outcomes[link.place] = _link_alone(link, actor)
    return outcomes


def _link_alone(link: _Link, actor: str) -> Linked:
    try:
        result = link_record(link.account, link.record, link.profile, link.line_user_id, actor)
    except UnknownId:
        return Linked("unknown_friend")
    return Linked(result.decision, result.linkage)


def _apart(links: list[_Link]) -> tuple[list[_Link], list[_Link]]:
    together: list[_Link] = []
    alone: list[_Link] = []
    contacts: set[int] = set()
    friends: set[str] = set()
    for link in links:
        repeats = link.record.contact_id in contacts or link.line_user_id in friends
        (alone if repeats else together).append(link)
        contacts.add(link.record.contact_id)
        friends.add(link.line_user_id)
    return together, alone


@retried
def _link_together(links: list[_Link], actor: str) -> dict[int, Decision]:
    """Return what was decided by place, without pairs whose contact or friend needs a look of its
    own."""
    account = links[0].account
    with transaction():
        friends = _friend_ids(links)
        contacts = _note_contacts(links)
        pairs = {
            Pair(
                friends[link.line_user_id],
                link.line_user_id,
                contacts[link.record.contact_id],
                link.record.contact_id,
            ): link
            for link in links
            if link.record.contact_id in contacts and link.line_user_id in friends
        }
        results = bulk_link(account, list(pairs), LinkCause("manual", actor, "api"))
        linked = [pair.contact_row_id for pair in pairs if results[pair].decision == "link"]
        mark_many_for_push(account.installation_id, linked)
        decided: dict[int, Decision] = {}
        for pair, result in results.items():
            if result.decision != "deleted":
                decided[pairs[pair].place] = result.decision
    return decided


def _friend_ids(links: list[_Link]) -> dict[str, int]:
    """Return the friends' row ids by LINE User ID, inside the caller's transaction; new friends are
    stored with their profiles. A friend who was erased meanwhile is not among them."""
    account = links[0].account
    profiles = {link.line_user_id: link.profile for link in links if link.profile is not None}
    for friend in get_or_create_friends(account, list(profiles), utcnow()):
        store_profile(friend, profiles[friend.line_user_id])
    db.session.flush()
    statement = select(Friend.line_user_id, Friend.id).where(
        Friend.official_account_id == account.id,
        Friend.line_user_id.in_([link.line_user_id for link in links]),
    )
    return dict(db.session.execute(statement).tuples().all())


def _note_contacts(links: list[_Link]) -> dict[int, int]:
    """Store what HubSpot has just shown, inside the caller's transaction. Return row ids by contact
    id, without contacts that were deleted or merged here."""
    account, now = links[0].account, utcnow()
    ids = [link.record.contact_id for link in links]
    rows = get_or_create_contacts(account.installation_id, ids)
    held = {row.contact_id: row for row in lock_contacts([row.id for row in rows])}
    name = user_id_property(account)
    for link in links:
        contact = held.get(link.record.contact_id)
        if contact is None or _is_gone(contact):
            continue
        contact.update_from(dict(link.record.properties), now)
        if name in link.record.properties and value_of(link.record, name):
            existing_value(account, contact, link.record, link.line_user_id)
    db.session.flush()
    return {contact_id: row.id for contact_id, row in held.items() if not _is_gone(row)}


def _is_gone(contact: Contact) -> bool:
    return contact.deleted_at is not None or contact.merged_into_id is not None


def _with_linkages(links: list[_Link], decided: dict[int, Decision]) -> dict[int, Linked]:
    """Add the linkages, read with one statement."""
    account_id = links[0].account.id
    of_friend, of_contact = Linkage.friend_id == Friend.id, Linkage.contact_row_id == Contact.id
    statement = (
        select(Linkage)
        .join(Friend, of_friend)
        .join(Contact, of_contact)
        .where(
            Linkage.official_account_id == account_id,
            or_(
                Friend.line_user_id.in_([link.line_user_id for link in links]),
                Contact.contact_id.in_([link.record.contact_id for link in links]),
            ),
        )
    )
    rows = list(db.session.scalars(statement))
    friends = {row.friend.line_user_id: row for row in rows}
    contacts = {row.contact.contact_id: row for row in rows}
    return {
        link.place: Linked(
            decided[link.place],
            contacts.get(link.record.contact_id)
            if decided[link.place] == "contact_taken"
            else friends.get(link.line_user_id),
        )
        for link in links
        if link.place in decided
    }
