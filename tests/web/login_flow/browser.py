"""A friend with a phone and a browser of his own, and what Musubi knows afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models import Contact, HistoryEntry, Linkage, LinkageToken, LoginAttempt, VisitCount, db
from plugin.models.connections.installation import Installation
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.personal_links.tokens import DEFAULT_DAYS, issue_token, text_of
from plugin.services.qr_codes.codes import linkage_url
from tests.support.walker import Page, Walker
from tests.support.world import ALICE, Tenant, World

LOGIN_CHANNEL = "2000000002"


class Phone(Walker):
    """A browser on which `person` uses LINE."""

    def __init__(self, person: str = "alice", language: str = "en") -> None:
        super().__init__(language)
        self.person = person

    @property
    def outcome(self) -> str:
        """Which page of the friends' pages this is; "" for one that still asks something."""
        return self.page.html.partition('data-outcome="')[2].partition('"')[0]

    @property
    def reference(self) -> str:
        """The login's reference in the address of a page."""
        return parse_qs(urlsplit(self.page.url).query)["login"][0]

    def log_in(self, decision: str = "allow", friend: str = "add") -> Page:
        """Through all of LINE's pages, back to Musubi; LINE may know all it asks already."""
        if "/line-access/" not in self.page.url:
            return self.page
        return self.go(self.callback(decision, friend))

    def callback(self, decision: str = "allow", friend: str = "add") -> str:
        """Through all of LINE's pages, up to the address LINE would send this browser to."""
        url, html = self.page.url, self.page.html
        for _ in range(6):
            values = {"decision": decision}
            if "login-choose" in html:
                values = {"person": self.person}
            elif 'data-testid="friend-add"' in html:
                values = {"decision": friend}
            answer = self.session.post(url, data=values, timeout=30, allow_redirects=False)
            while answer.is_redirect:
                url = urljoin(answer.url, answer.headers["Location"])
                if "/line/login/callback" in url:
                    return url
                answer = self.session.get(url, timeout=30, allow_redirects=False)
            url, html = answer.url, answer.text
        raise AssertionError("LINE never sent the friend back")

    def scan(self, world: World, tenant: Tenant, friend: str = "add") -> Page:
        """From the QR code to the question."""
        self.press(world, tenant)
        return self.log_in(friend=friend)

    def press(self, world: World, tenant: Tenant) -> Page:
        """Scan the code and press the one button, up to LINE's first page."""
        self.go(f"{world.url}/l/{tenant.slug}")
        return self.submit()

    def follow(self, link: str, friend: str = "add") -> Page:
        """From the button of an e-mail to the question."""
        self.go(link)
        self.submit()
        return self.log_in(friend=friend)

    def head(self, url: str) -> requests.Response:
        """What a program that only looks gets."""
        return self.session.head(url, timeout=30, allow_redirects=False)


def personal_link(
    world: World,
    tenant: Tenant,
    contact_id: int = ALICE,
    now: datetime | None = None,
    valid_days: int = DEFAULT_DAYS,
) -> str:
    """The address behind the button of an e-mail to this contact."""
    with world.app.app_context():
        with transaction():
            contact = get_or_create_contact(tenant.installation_id, contact_id)
            token = issue_token(world.code(tenant), contact, valid_days, now or utcnow())
        return linkage_url(world.deps, world.code(tenant), text_of(world.deps, token.id))


def expired_link(world: World, tenant: Tenant) -> str:
    """One that was good until yesterday."""
    return personal_link(world, tenant, now=utcnow() - timedelta(days=3), valid_days=2)


@dataclass(frozen=True)
class Facts:
    """All that a friend's visit could change beside the counters and its own walk."""

    linkages: tuple[tuple[str, int], ...]
    ledger: tuple[tuple[str, str, str, int], ...]
    contacts: tuple[int, ...]
    tokens: tuple[tuple[int, bool, bool], ...]


def facts(world: World) -> Facts:
    """As they stand in the database."""
    with world.app.app_context():
        ties = db.session.scalars(select(Linkage).order_by(Linkage.id)).all()
        ledger = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
        tokens = db.session.scalars(select(LinkageToken).order_by(LinkageToken.id)).all()
        contacts = db.session.scalars(select(Contact.contact_id).order_by(Contact.contact_id))
        return Facts(
            tuple((one.friend.line_user_id, one.contact.contact_id) for one in ties),
            tuple((one.event_type, one.method, one.line_user_id, one.contact_id) for one in ledger),
            tuple(contacts),
            tuple((one.id, bool(one.used_at), bool(one.revoked_at)) for one in tokens),
        )


def visits(world: World, tenant: Tenant | None) -> dict[str, int]:
    """The counters of the tenant's QR code, or of unknown ones."""
    code_id = tenant.qr_code_id if tenant else 0
    with world.app.app_context():
        return VisitCount.totals([code_id]).get(code_id, {})


def attempts(world: World) -> int:
    """How many walks were begun."""
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(LoginAttempt)) or 0


def change_attempt(world: World, reference: str, **values: Any) -> None:
    """Let time pass for a walk, or something else happen to it."""
    with world.app.app_context(), transaction():
        attempt = LoginAttempt.by_reference(reference)
        assert attempt is not None
        for name, value in values.items():
            setattr(attempt, name, value)


def change_installation(world: World, tenant: Tenant, state: str) -> None:
    """Pause or disconnect."""
    with world.app.app_context(), transaction():
        db.session.get_one(Installation, tenant.installation_id).state = state


def change_tokens(world: World, **values: Any) -> None:
    """Revoke every personal link, for one."""
    with world.app.app_context(), transaction():
        for token in db.session.scalars(select(LinkageToken)):
            for name, value in values.items():
                setattr(token, name, value)


def made_contacts(world: World) -> int:
    """How often HubSpot was asked to make a contact."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(
        told["count"]
        for operation, told in calls.items()
        if operation.startswith("POST") and operation.endswith("/contacts")
    )
