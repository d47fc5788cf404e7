"""Any history of links: people, workflows, merges and a network that repeats what it is told."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select, update

from plugin.models import (
    Activity,
    ActivityChange,
    Conflict,
    Contact,
    Friend,
    HistoryEntry,
    Linkage,
    WebhookEvent,
    db,
)
from plugin.models.imports.reconcile import ReconcileRun
from plugin.models.system.job import enqueue
from plugin.models.system.rate_budget import BudgetSpent
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.bulk_link import Pair, bulk_link
from plugin.services.linkage.conflicts import keep_as_is, move_link
from plugin.services.linkage.history import LinkCause, LinkRequest
from plugin.services.linkage.link import link, unlink_manually
from plugin.services.linkage.undo import undo
from plugin.services.sync.hubspot_events import store_hubspot_events
from plugin.services.sync.reconcile import begin_reconcile
from tests.services.linkage.rules import assert_history_comes_to_linkages, assert_one_to_one
from tests.services.system.counts import STANDING, kept, there
from tests.support.people import NOW
from tests.support.world import PORTAL, Tenant, World, renew

PEOPLE = 4
EMPTIED = (
    Activity, ActivityChange, Conflict, HistoryEntry, Linkage, Contact, Friend, WebhookEvent,
    ReconcileRun, BudgetSpent,
)  # fmt: skip
places = st.integers(0, PEOPLE - 1)
picks = st.integers(0, 30)


class Histories(RuleBasedStateMachine):
    """People, workflows, merges and a network that repeats and shuffles what it is told."""

    world: World
    tenant: Tenant

    def __init__(self) -> None:
        super().__init__()
        sandbox = self.world.sandbox
        made = sandbox.control("POST", "/contacts", {"count": PEOPLE})
        self.contacts = [int(one) for one in made["ids"]]
        self.gone: list[int] = []
        self.users = self._users()
        self.events: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def _users(self) -> list[str]:
        from plugin.sandbox import account_to_connect

        channel = account_to_connect(self.world.sandbox.app, 0)["channel_id"]
        body = {"channel": channel, "count": PEOPLE}
        ids: list[str] = self.world.sandbox.control("POST", "/friends", body)["user_ids"]
        return ids

    def teardown(self) -> None:
        """The next history begins empty; the sandbox's contacts are its own."""
        with self.world.app.app_context(), transaction() as session:
            session.execute(update(HistoryEntry).values(undoes_id=None))
            session.execute(update(Contact).values(merged_into_id=None))
            for table in EMPTIED:
                session.execute(delete(table))
        # Histories follow each other faster than HubSpot lets anybody call.
        renew(self.world.app)

    def event(self, kind: str, contact_id: int, **more: Any) -> None:
        """HubSpot has something to tell; when, is another question."""
        number = len(self.events) + len(self.told) + 1
        facts = {"eventId": number, "portalId": PORTAL, "occurredAt": 1790000000000 + number}
        self.events.append({**facts, "subscriptionType": kind, "objectId": contact_id, **more})

    @rule(friend=places, contact=places)
    def link(self, friend: int, contact: int) -> None:
        """Somebody proves by whichever method that the two are one."""
        with self.world.app.app_context(), transaction():
            who = get_or_create_friend(self.world.account(self.tenant), self.users[friend], NOW)
            whom = get_or_create_contact(self.tenant.installation_id, self.contacts[contact])
            if whom.deleted_at is None:
                link(LinkRequest(who, whom, "manual", "test"))

    @rule(friends=st.permutations(range(PEOPLE)), many=st.integers(1, PEOPLE))
    def import_some(self, friends: list[int], many: int) -> None:
        """An import's wishes: a friend and a contact of its own in each."""
        with self.world.app.app_context(), transaction():
            account = self.world.account(self.tenant)
            pairs = {}
            for place, friend in enumerate(friends[:many]):
                who = get_or_create_friend(account, self.users[friend], NOW)
                whom = get_or_create_contact(self.tenant.installation_id, self.contacts[place])
                pairs[whom.id] = Pair(who.id, who.line_user_id, whom.id, whom.contact_id)
            made = bulk_link(account, list(pairs.values()), LinkCause("import", "import", "list:1"))
            for pair, met in made.items():
                if met.decision == "link":
                    db.session.get_one(Contact, pair.contact_row_id).mark_for_push()
            enqueue("write_contacts", self.tenant.installation_id, self.tenant.installation_id)

    @rule()
    def night(self) -> None:
        """Everything is compared."""
        with self.world.app.app_context():
            begin_reconcile(self.tenant.installation_id)
        self.world.work()

    @rule(pick=picks)
    def unlink(self, pick: int) -> None:
        """A person unlinks."""
        with self.world.app.app_context():
            some = db.session.scalars(select(Linkage).order_by(Linkage.id)).all()
            if some:
                unlink_manually(some[pick % len(some)], "test")

    @rule(contact=places, friend=st.integers(-1, PEOPLE - 1))
    def write_property(self, contact: int, friend: int) -> None:
        """A person, a workflow or a file changes the property in HubSpot."""
        contact_id = self.contacts[contact]
        if contact_id in self.gone:
            return
        value = self.users[friend] if friend >= 0 else ""
        self.world.sandbox.control(
            "PATCH", f"/contacts/{contact_id}", {"properties": {"line_user_id": value}}
        )
        self.event(
            "object.propertyChange", contact_id, propertyName="line_user_id", propertyValue=value
        )

    @rule(contact=places)
    def delete_or_restore(self, contact: int) -> None:
        """In HubSpot, which tells of it later."""
        contact_id = self.contacts[contact]
        deed = "restore" if contact_id in self.gone else "deletion"
        self._records(deed, contact_id)
        (self.gone.remove if contact_id in self.gone else self.gone.append)(contact_id)
        self.event(f"object.{deed}", contact_id)

    def _records(self, deed: str, contact_id: int) -> None:
        from plugin.sandbox.hubspot import records

        here = self.world.sandbox.app.extensions["world"]
        call = records.restore if deed == "restore" else records.archive
        call(here, PORTAL, str(contact_id), "CRM_UI")

    @rule(first=places, second=places, new_id=st.booleans())
    def merge(self, first: int, second: int, new_id: bool) -> None:
        """Two contacts become one, which may have a third id."""
        from plugin.sandbox.hubspot import records
        from plugin.sandbox.hubspot.switches import set_switches

        one, two = self.contacts[first], self.contacts[second]
        if one == two or {one, two} & set(self.gone):
            return
        here = self.world.sandbox.app.extensions["world"]
        set_switches(here, {"merge_creates_id": new_id})
        survivor = int(records.merge(here, PORTAL, one, two, "CRM_UI")["id"])
        self.contacts = [survivor if each in (one, two) else each for each in self.contacts]
        merged = [one, two] if new_id else [two]
        ids = {"primaryObjectId": one, "newObjectId": survivor, "mergedObjectIds": merged}
        self.event("object.merge", survivor, **ids)

    @rule(pick=picks, twice=st.booleans())
    def deliver_one(self, pick: int, twice: bool) -> None:
        """Any of what HubSpot has to tell arrives, perhaps twice, whatever came before it."""
        if self.events:
            event = self.events.pop(pick % len(self.events))
            self.told.append(event)
            self._keep([event, event] if twice else [event])

    @rule()
    def deliver_again(self) -> None:
        """HubSpot was not sure that we heard."""
        self._keep(self.told[-3:])

    def _keep(self, events: list[dict[str, Any]]) -> None:
        with self.world.app.app_context():
            store_hubspot_events(events)

    @rule()
    def work(self) -> None:
        """Musubi does what it owes."""
        self.world.work()

    @rule(pick=picks, keep=st.booleans())
    def decide(self, pick: int, keep: bool) -> None:
        """A person decides a conflict."""
        with self.world.app.app_context():
            mine = Conflict.owned(self.tenant.installation_id).order_by(Conflict.id)
            some = db.session.scalars(mine).unique().all()
            if some:
                (keep_as_is if keep else move_link)(some[pick % len(some)], "test")

    @rule(pick=picks)
    def undo_a_line(self, pick: int) -> None:
        """A person takes a line back, or tries to."""
        with self.world.app.app_context():
            some = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).all()
            if some:
                undo(some[pick % len(some)], "test")

    @rule()
    def end_of_the_day(self) -> None:
        """All is told and done: now HubSpot shows what Musubi knows."""
        while self.events:
            self.told.append(self.events.pop())
            self._keep(self.told[-1:])
        self.world.work()
        with self.world.app.app_context():
            ties = {
                one.contact.contact_id: one.friend.line_user_id
                for one in db.session.scalars(select(Linkage))
            }
            waits = {one.contact.contact_id for one in self._conflicts()}
        assert not set(ties) & set(self.gone), "tied to a contact that is gone"
        for contact_id in set(self.contacts) - set(self.gone):
            shown = self.world.sandbox.contact(contact_id).get("line_user_id") or ""
            # A value that met another tie stays as its author wrote it, until a person decides.
            if contact_id in ties or contact_id not in waits:
                assert shown == ties.get(contact_id, ""), (contact_id, ties)

    def _conflicts(self) -> Iterator[Conflict]:
        yield from db.session.scalars(Conflict.owned(self.tenant.installation_id)).unique()

    @invariant()
    def nobody_has_two(self) -> None:
        """One friend at most one contact, one contact at most one friend, on one account."""
        with self.world.app.app_context():
            assert_one_to_one()
            linkages = db.session.scalars(select(Linkage)).all()
            assert not [each for each in linkages if each.contact.merged_into_id is not None]

    @invariant()
    def the_history_tells_the_same(self) -> None:
        with self.world.app.app_context():
            assert_history_comes_to_linkages()

    @invariant()
    def the_counts_say_the_same(self) -> None:
        """Counts that writes keep are what a count of the rows comes to."""
        with self.world.app.app_context():
            found, rows = kept(self.tenant.account_id), there(self.tenant.account_id)
            for measure in STANDING:
                assert found.get(measure) == rows.get(measure), measure

    @invariant()
    def open_conflicts_have_something_to_decide(self) -> None:
        """Who is tied as wished is no conflict any more."""
        with self.world.app.app_context():
            pairs = {(one.friend_id, one.contact_row_id) for one in self._conflicts()}
            ties = db.session.scalars(select(Linkage)).all()
            assert not pairs & {(one.friend_id, one.contact_row_id) for one in ties}
