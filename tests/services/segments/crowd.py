"""Random people in the database, and the same people in plain Python."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from plugin.models import Contact, Delivery, Friend, HistoryEntry, Linkage, db
from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from tests.services.segments import plain, rules
from tests.support.people import carry
from tests.support.world import Tenant


class Crowd:
    """Fills one tenant with people; `people` holds them by the id of their friend row."""

    def __init__(self, random: Random, tenant: Tenant, now: datetime) -> None:
        self.random, self.tenant, self.now = random, tenant, now
        self.people: dict[int, plain.Person] = {}
        self.list_rows: dict[str, int] = {}
        self.links = [self._add(self._link(number)).id for number in range(3)]
        self.broadcasts = [self._add(self._broadcast()).id for _ in range(2)]
        for list_id in ("7", "8"):
            synced = SyncedList(
                installation_id=tenant.installation_id, list_id=list_id, chosen_at=now
            )
            self.list_rows[list_id] = self._add(synced).id

    @property
    def known(self) -> dict[str, list[Any]]:
        """Values that rules may name, by type of field."""
        contacts = [each.contact for each in self.people.values() if each.contact]
        return {
            "qr_code": [self.tenant.qr_code_id],
            "link": self.links,
            "broadcast": self.broadcasts,
            "list": list(self.list_rows),
            "user": [each.user_id for each in self.people.values()][:5],
            "contact": [
                id_ for each in contacts[:5] for id_ in (each.contact_id, *each.merged_ids)
            ],
            "segment": [],
        }

    def add_people(self, count: int) -> None:
        """Add friends of the tenant's account, most of them linked."""
        for _ in range(count):
            self._person()

    def _person(self) -> None:
        random = self.random
        user_id = "U" + "".join(random.choices("0123456789abcdef", k=32))
        person = plain.Person(
            account=self.tenant.account_id,
            user_id=user_id,
            status=random.choice(rules.STATUSES),
            status_since=self._moment(),
            language=random.choice(rules.LANGUAGES),
            tags=random.sample(rules.TAGS, random.randint(0, 2)),
            last_clicked=self._moment(),
            last_sent=self._moment(),
            last_received=self._moment(),
        )
        friend = self._add(
            Friend(
                official_account_id=person.account,
                line_user_id=user_id,
                status=person.status,
                status_since=person.status_since,
                language=person.language,
                last_clicked_at=person.last_clicked,
                last_sent_at=person.last_sent,
                last_received_at=person.last_received,
                created_at=self.now,
            )
        )
        carry(friend, *person.tags)
        self._add_events(person, friend)
        if random.random() < 0.7:
            self._link_contact(person, friend)
        self.people[friend.id] = person

    def _add_events(self, person: plain.Person, friend: Friend) -> None:
        for link_id in self.random.sample(self.links, self.random.randint(0, 2)):
            person.taps.append((link_id, self._tap(friend, link_id)))
        for broadcast_id in self.broadcasts:
            state = self.random.choice(["sent", "failed", "left_out", ""])
            at = self._some_moment()
            if state:
                self._add(
                    Recipient(
                        broadcast_id=broadcast_id, friend_id=friend.id, state=state, settled_at=at
                    )
                )
            if state == "sent":
                person.got.append((broadcast_id, at))
        if self.random.random() < 0.5:
            person.answers += self._answer(friend)

    def _tap(self, friend: Friend, link_id: int) -> datetime:
        at = self._some_moment()
        delivery = self._add(
            Delivery(
                official_account_id=friend.official_account_id,
                friend_id=friend.id,
                retry_key=f"{self.random.getrandbits(128):032x}",
                messages=[],
                created_at=at,
            )
        )
        target = {"delivery_id": delivery.id, "link_target_id": link_id}
        self._add(LinkClick(**target, first_at=at, last_at=at))
        return at

    def _answer(self, friend: Friend) -> list[tuple[str, datetime]]:
        texts, at = self.random.choices(rules.ANSWERS, k=2), self._some_moment()
        answered = self.random.random() < 0.8
        key = f"{self.random.getrandbits(128):032x}"
        call = self._add(
            ActionCall(
                installation_id=self.tenant.installation_id,
                callback_id=key,
                action="ask-question",
                contact_id=1,
                inputs={},
                created_at=at,
                expires_at=at,
            )
        )
        question = Question(
            reference=key,
            official_account_id=friend.official_account_id,
            friend_id=friend.id,
            action_call_id=call.id,
            choices=[],
            state="answered" if answered else "open",
            asked_at=at,
            closes_at=at,
            answer=texts[0],
            answer_text=texts[1],
            answered_at=at if answered else None,
        )
        self._add(question)
        return [(text, at) for text in texts] if answered else []

    def _link_contact(self, person: plain.Person, friend: Friend) -> None:
        random = self.random
        contact = plain.Contact(
            contact_id=random.randint(10**9, 10**10),
            method=random.choice(rules.METHODS),
            linked_at=self._some_moment(),
        )
        row = self._add(self._contact(contact.contact_id))
        if random.random() < 0.3:
            contact.merged_ids.append(random.randint(10**9, 10**10))
            self._add(self._contact(contact.merged_ids[0])).merged_into_id = row.id
        ids = {"official_account_id": person.account, "friend_id": friend.id}
        linkage = Linkage(
            **ids, contact_row_id=row.id, method=contact.method, linked_at=contact.linked_at
        )
        self._add(linkage)
        self._add_history(person, contact)
        self._add_values(contact, row.id)
        for list_id, list_row in self.list_rows.items():
            self._add_membership(contact, row.id, list_id, list_row)
        person.contact = contact

    def _add_history(self, person: plain.Person, contact: plain.Contact) -> None:
        through_code = self.random.random() < 0.5
        entry = HistoryEntry(
            installation_id=self.tenant.installation_id,
            official_account_id=person.account,
            at=self.now,
            event_type="linked",
            method=contact.method,
            actor="friend",
            source=f"qr:{self.tenant.qr_code_id}" if through_code else "token:99999",
            line_user_id=person.user_id,
            contact_id=contact.contact_id,
        )
        self._add(entry)
        person.codes += [self.tenant.qr_code_id] if through_code else []

    def _add_values(self, contact: plain.Contact, row_id: int) -> None:
        if self.random.random() < 0.1:
            return
        for name, texts in rules.TEXTS.items():
            if self.random.random() < 0.8:
                contact.values[name] = self.random.choice(texts)
        values = ContactValues(
            contact_row_id=row_id,
            installation_id=self.tenant.installation_id,
            values=dict(contact.values),
            read_at=self.now,
        )
        self._add(values)

    def _add_membership(
        self, contact: plain.Contact, row_id: int, list_id: str, list_row: int
    ) -> None:
        if self.random.random() < 0.5:
            return
        left = self._some_moment() if self.random.random() < 0.4 else None
        joined = self._some_moment()
        contact.lists[list_id] = joined, left
        membership = ListMembership(
            synced_list_id=list_row,
            contact_row_id=row_id,
            joined_at=joined,
            left_at=left,
            seen_at=self.now,
        )
        self._add(membership)

    def _contact(self, contact_id: int) -> Contact:
        return Contact(installation_id=self.tenant.installation_id, contact_id=contact_id)

    def _link(self, number: int) -> LinkTarget:
        return LinkTarget(
            official_account_id=self.tenant.account_id,
            fingerprint=f"{number}",
            url=f"https://example.com/{number}",
        )

    def _broadcast(self) -> Broadcast:
        return Broadcast(
            official_account_id=self.tenant.account_id, name="News", created_at=self.now
        )

    def _add(self, row: Any) -> Any:
        db.session.add(row)
        db.session.flush()
        return row

    def _moment(self) -> datetime | None:
        return self._some_moment() if self.random.random() < 0.8 else None

    def _some_moment(self) -> datetime:
        hours: Sequence[int] = (1, 7, 17, 18, 25, 71, 24 * 29, 24 * 31, 24 * 390, 24 * 500)
        return self.now - timedelta(hours=self.random.choice(hours))
