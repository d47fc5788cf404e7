"""Drafts of broadcasts as a browser makes them, and a second member of the team."""

import re

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Member, WebSession, db
from plugin.models.transaction import transaction
from tests.support.walker import Page, Walker
from tests.support.world import PORTAL, Tenant, World
from tests.web.pages import csrf_of

HELLO = {"source": "written", "bubble.0.kind": "text", "bubble.0.text": "Hello"}


def post(walker: Walker, path: str, **fields: str) -> Page:
    """Send a form of the page where the walker stands, with just these fields."""
    base = walker.page.url.split("/broadcasts")[0]
    data = {"csrf_token": csrf_of(walker.page), **fields}
    return walker._arrive(walker.session.post(f"{base}{path}", data=data, timeout=30))


def draft_of(page: Page) -> dict[str, str]:
    """The fields with which the page's form names the draft that it shows."""
    return dict(re.findall(r'name="(draft|step)" value="(\d*)"', page.html))


def begin(world: World, tenant: Tenant, name: str = "Spring sale") -> str:
    """A draft; answers its path."""
    tenant.walker.go(f"{world.url}/broadcasts/new")
    page = post(tenant.walker, "/broadcasts/new", name=name, account=str(tenant.account_id))
    assert page.url.endswith("/who"), page.text
    return page.url.removeprefix(world.url).removesuffix("/who")


def written(world: World, tenant: Tenant, text: str = "Hello") -> str:
    """A draft to all friends with a message, at its last step."""
    path = begin(world, tenant)
    page = post(tenant.walker, f"{path}/what", act="save", **{**HELLO, "bubble.0.text": text})
    assert page.url.endswith("/when"), page.text
    assert post(tenant.walker, f"{path}/when").url.endswith("/check")
    return path


def kept(world: World) -> Broadcast:
    """The only broadcast there is."""
    with world.app.app_context():
        broadcast: Broadcast = db.session.scalars(db.select(Broadcast)).one()
        return broadcast


def colleague(world: World, tenant: Tenant, email: str = "bob@example.com") -> Walker:
    """A second member of the tenant's team, signed in."""
    walker = Walker()
    walker.go(f"{world.url}/hubspot/install?next=/healthz")
    walker.submit(button="approve", portal=str(PORTAL), decision="approve")
    with world.app.app_context(), transaction() as session:
        member = Member(
            installation_id=tenant.installation_id,
            hubspot_user_id=77,
            email=email,
            signed_in_at=utcnow(),
        )
        session.add(member)
        session.flush()
        newest = db.select(WebSession).order_by(WebSession.id.desc()).limit(1)
        db.session.scalars(newest).one().member_id = member.id
    return walker
