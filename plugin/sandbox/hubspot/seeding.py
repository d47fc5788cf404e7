"""HubSpot's default world: two portals with a few contacts. Nothing in it is secret."""

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api.lists import make_list
from plugin.sandbox.hubspot.api.owners import make_owner
from plugin.sandbox.hubspot.api.schema import seed_schema
from plugin.sandbox.hubspot.workflows.running import resume
from plugin.sandbox.world import World

PORTAL, OTHER_PORTAL = 20000001, 20000002
_PORTALS = (
    (PORTAL, "Sandbox portal", 7001, "admin@example.com", ("alice", "bob", "charlie")),
    (OTHER_PORTAL, "Second sandbox portal", 7002, "admin2@example.com", ("charlie",)),
)


def seed(world: World) -> None:
    for portal, name, user, email, people in _PORTALS:
        with world.store as store:
            if store.get("portal", portal) is None:
                admin = {"user": user, "email": email, "time_zone": "Asia/Tokyo"}
                store.put("portal", portal, {"id": portal, "name": name, **admin})
                _fill(world, portal, email, people)
    resume(world)


def _fill(world: World, portal: int, email: str, people: tuple[str, ...]) -> None:
    seed_schema(world, portal)
    make_owner(world, portal, email, "Sandbox", "Admin")
    for person in people:
        name = {"firstname": person.title(), "lastname": "Example"}
        records.create(world, portal, {"email": f"{person}@example.com", **name}, "CRM_UI")
    make_list(world, portal, "All contacts", "DYNAMIC")
