"""Where tests begin: tenants that are installed and connected already, made once and copied."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.models import WebSession, db
from plugin.models.transaction import transaction
from tests.support.databases import Copies
from tests.support.walker import Walker
from tests.support.world import OTHER_PORTAL, PORTAL, Sandbox, Tenant, World

TENANTS: dict[str, tuple[int, int]] = {"alice": (PORTAL, 0), "charlie": (OTHER_PORTAL, 1)}
# Access tokens in a copy live half an hour, as HubSpot's do.
FRESH_SECONDS = 900.0


@dataclass
class Start:
    """A database template, the sandbox's memory that belongs to it, and who is signed in."""

    template: str
    kinds: dict[str, Any]
    tenants: dict[int, Tenant]
    made: float

    def signed_in(self) -> dict[int, Tenant]:
        """The tenants with browsers of their own."""
        return {
            portal: replace(one, walker=_twin(one.walker)) for portal, one in self.tenants.items()
        }


def add_tenant(world: World, name: str) -> Tenant:
    """Install a tenant's portal and connect its Official Account."""
    portal, position = TENANTS[name]
    tenant = world.connect(world.install(portal), position)
    world.work()
    return tenant


class Starts:
    """Every start that was asked for, on one kind of database."""

    def __init__(self, copies: Copies, sandbox: Sandbox, folder: Path) -> None:
        self.copies = copies
        self.sandbox = sandbox
        self.folder = folder
        # One application serves all tests of a database: making one costs more than most tests.
        self.app: Flask | None = None
        self._made: dict[tuple[str, ...], Start] = {}

    def get(self, names: tuple[str, ...], open_world: Callable[[str, Path], World]) -> Start:
        """The start with these tenants; made on an empty database if there is no fresh one."""
        start = self._made.get(names)
        if start is None or time.monotonic() - start.made > FRESH_SECONDS:
            start = self._made[names] = self._make(names, open_world)
        return start

    def _make(self, names: tuple[str, ...], open_world: Callable[[str, Path], World]) -> Start:
        with self.copies.copy(self.folder) as url:
            world = open_world(url, self.folder)
            for name in names:
                add_tenant(world, name)
            with world.app.app_context():
                db.session.remove()
                db.engine.dispose()
            template = self.copies.keep(self.folder, url)
            kinds = copy.deepcopy(self.sandbox.kinds)
            return Start(template, kinds, world.tenants, time.monotonic())


def freshen_sessions(world: World) -> None:
    """Sign-ins that were copied with a database are as young as if they were made just now."""
    now = utcnow()
    with world.app.app_context(), transaction() as session:
        session.execute(update(WebSession).values(seen_at=now, rotated_at=now))


def _twin(walker: Walker) -> Walker:
    twin = Walker()
    twin.session.cookies.update(walker.session.cookies)
    twin.page = walker.page
    return twin
