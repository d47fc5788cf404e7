"""A person at work in the sandbox's HubSpot, whose webhooks reach Musubi over real HTTP."""

import time
from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import select

from plugin.models import Contact, HistoryEntry, Linkage, WebhookEvent, db
from tests.support.signing import hubspot_post
from tests.support.world import ALICE, PORTAL, Tenant, World

PATIENCE = 30.0


class Muted:
    """An outbox of the sandbox that nobody ever fetches anything from."""

    def add(self, portal: int, event: Any) -> bool:
        """Nobody needs to come."""
        return False

    def take(self, portal: int) -> list[Any]:
        """Nothing waits."""
        return []


def mute(world: World) -> None:
    """HubSpot sends no webhooks any more, until the sandbox is reset."""
    world.sandbox.app.extensions["world"].memory["hubspot-outbox"] = Muted()


class Portal:
    """What people do in HubSpot. `world.work()` is then Musubi's turn."""

    def __init__(self, world: World, tenant: Tenant, portal: int = PORTAL) -> None:
        self.world, self.tenant, self.portal = world, tenant, portal

    def write(self, contact_id: int, **properties: str) -> None:
        """Change properties by hand."""
        self.world.sandbox.control("PATCH", f"/contacts/{contact_id}", {"properties": properties})

    def delete(self, contact_id: int) -> None:
        """Delete; it can be restored."""
        self._press(contact_id, "delete")

    def restore(self, contact_id: int) -> None:
        """Undo the deletion."""
        self._press(contact_id, "restore")

    def forget(self, contact_id: int) -> None:
        """Delete for good, for privacy's sake."""
        self._press(contact_id, "privacy-delete")

    def merge(self, primary: int, other: int) -> int:
        """Merge `other` into `primary`; answers the survivor's id."""
        answer = self._press(primary, "merge", other=str(other))
        return int(answer.headers["Location"].split("/0-1/")[1].split("?")[0])

    def value(self, contact_id: int, name: str = "line_user_id") -> str:
        """A property as HubSpot has it; "" where it has none."""
        return self.world.sandbox.contact(contact_id).get(name) or ""

    def _press(self, contact_id: int, deed: str, **form: str) -> requests.Response:
        record = f"{self.world.sandbox.url}/hubspot-app/contacts/{self.portal}/record/0-1"
        answer = requests.post(
            f"{record}/{contact_id}/{deed}", data=form, timeout=10, allow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        return answer

    def tell(self, *events: dict[str, Any]) -> None:
        """Webhooks in HubSpot's own words, in whichever order, and Musubi's work on them."""
        whole = [
            {
                "eventId": number,
                "portalId": self.portal,
                "occurredAt": 1790000000000 + number,
                "objectId": ALICE,
                **one,
            }
            for number, one in enumerate(events)
        ]
        assert hubspot_post(f"{self.world.url}/hubspot/webhooks", whole).status_code == 200
        self.world.work()

    def until(self, there: Callable[[], Any]) -> None:
        """Work until what was told over webhooks has had its effect."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.world.work()
            with self.world.app.app_context():
                if there():
                    return
            time.sleep(0.03)
        raise AssertionError("it did not come to this")

    def heard(self, kind: str, times: int = 1) -> None:
        """Work until so many events of a kind have arrived and are handled."""
        mine = select(WebhookEvent.id).where(
            WebhookEvent.kind == kind, WebhookEvent.handled_at.is_not(None)
        )
        self.until(lambda: len(db.session.scalars(mine).all()) >= times)

    def tied(self, tenant: Tenant | None = None) -> dict[int, str]:
        """Contact id to LINE user id, of the tenant's ties."""
        with self.world.app.app_context():
            mine = db.session.scalars(Linkage.owned((tenant or self.tenant).installation_id))
            return {one.contact.contact_id: one.friend.line_user_id for one in mine}

    def ledger(self) -> list[tuple[str, str, int]]:
        """Deed, method and contact of every line, in their order."""
        with self.world.app.app_context():
            lines = HistoryEntry.owned(self.tenant.installation_id).order_by(HistoryEntry.id)
            return [
                (one.event_type, one.method, one.contact_id) for one in db.session.scalars(lines)
            ]

    def contact(self, contact_id: int) -> Contact:
        """Our row of a contact, inside the app's context."""
        found = Contact.by_contact_id(self.tenant.installation_id, contact_id)
        assert found is not None
        return found
