"""A tenant whose prerequisites all hold, and the ways to break each."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from plugin.core.clock_watch import platform_clocks
from plugin.core.diagnosis.doctor.verdict import Verdict
from plugin.factory import wire_dependencies
from plugin.models import Installation, OfficialAccount, db
from plugin.models.transaction import transaction
from plugin.sandbox.faults import Faults
from plugin.sandbox.line.seed import SHOP, SHOP_LOGIN
from plugin.scheduler.leader import Leader
from plugin.services.doctor.run import check_installation, note_seen
from tests.support.mailbox import Mailbox
from tests.support.world import Socket, Tenant, World
from tests.web.login_flow.browser import Phone

LIFF_APP = f"{SHOP_LOGIN}-Sandbox1"


@dataclass
class Rig:
    """`proxy`: what stands in front of Musubi, which may spoil calls."""

    world: World
    tenant: Tenant
    proxy: Faults
    mailbox: Mailbox
    at_end: list[Callable[[], object]] = field(default_factory=list)

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return self.world.sandbox.control(method, path, body)

    def channel(self, **values: Any) -> None:
        """Change the Messaging API channel, as a person does in LINE's console."""
        self.control(f"/line-channels/{SHOP}", values)

    def login_channel(self, **values: Any) -> None:
        self.control(f"/line-channels/{SHOP_LOGIN}", values)

    def liff(self, **members: Any) -> None:
        self.control(f"/line-liff/{LIFF_APP}", members)

    def between(self, path: str, effect: Any) -> None:
        """The proxy does something to the calls of a path."""
        self.proxy.rules.append({"path": path, "effect": effect})

    def account(self, **values: Any) -> None:
        with self.world.app.app_context(), transaction():
            for name, value in values.items():
                setattr(self.world.account(self.tenant), name, value)

    def installation(self, **values: Any) -> None:
        with self.world.app.app_context(), transaction():
            row = db.session.get_one(Installation, self.tenant.installation_id)
            for name, value in values.items():
                setattr(row, name, value)

    def settings(self, *, wired: bool = True, **values: Any) -> None:
        """Start again with other settings. `wired`: the gateways follow them."""
        deps = self.world.app.extensions["musubi"]
        settings = replace(deps.settings, **values)
        if wired:
            wire_dependencies(self.world.app, settings, None)
        else:
            self.world.app.extensions["musubi"] = replace(deps, settings=settings)

    def seen(self, *keys: str) -> None:
        with self.world.app.app_context():
            for key in keys:
                assert note_seen(self.world.account(self.tenant), key)

    def log_in(self, person: str = "bob", friend: str = "add") -> Phone:
        phone = Phone(person)
        phone.scan(self.world, self.tenant, friend=friend)
        return phone

    def check(self) -> dict[str, Verdict]:
        """Ask the doctor now, and return its verdicts by key."""
        with self.world.app.app_context():
            row = db.session.get_one(Installation, self.tenant.installation_id)
            return {one.key: one for one in check_installation(self.world.deps, row).verdicts}

    def stored(self) -> dict[str, Any]:
        with self.world.app.app_context():
            return dict(db.session.get_one(OfficialAccount, self.tenant.account_id).checks)


@contextmanager
def healthy(world: World, tenant: Tenant, served: Socket) -> Iterator[Rig]:
    """A scheduler ticks, a mail server is set up, somebody has logged in and looked around."""
    before, proxy, box = world.app.extensions["musubi"], Faults(world.app), Mailbox(world)
    served.app = proxy
    rig = Rig(world, tenant, proxy, box)
    rig.settings(smtp_url=box.url, mail_from="Shop <shop@example.com>")
    assert Leader(world.app, "doctor").lead()
    # His proof holds for both channels.
    rig.log_in("charlie")
    rig.seen("auto_reply", "published")
    try:
        yield rig
    finally:
        for end in rig.at_end:
            end()
        world.app.extensions["musubi"] = before
        served.app = world.app
        box.server.manners.answers.clear()
        box.server.manners.login = None
        # This process believes its clock again.
        platform_clocks.note(time.time(), time.time())
