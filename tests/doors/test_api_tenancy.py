"""Charlie's program sees nothing of Alice's, whatever it asks for."""

import pytest

from plugin.models import Job, LedgerEntry, Linkage, db
from plugin.models.base import transaction
from plugin.models.job import plant
from tests.doors.api import PREFIX, Program, program
from tests.doors.test_api_access import api_routes, filled
from tests.people import linked
from tests.world import ALICE, Tenant, World

BODIES = {
    "/qr-codes": {"name": "Counter", "linkage_type": "hubspot"},
    "/linkages": {"contact_id": str(ALICE), "line_user_id": "U" + "a" * 32},
}


@pytest.fixture
def alices(world: World, alice: Tenant) -> dict[str, str]:
    """The ids of everything Alice has, by the name of the route's variable."""
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        with transaction():
            plant("read_profiles", "parked", alice.installation_id)
        job = db.session.query(Job).filter_by(key="parked").one()
        with transaction():
            job.parked = True
        linkage = db.session.query(Linkage).one()
        return {
            "account_id": str(alice.account_id),
            "code_id": str(alice.qr_code_id),
            "friend_id": str(friend_id),
            "linkage_id": str(linkage.id),
            "job_id": str(job.id),
        }


@pytest.fixture
def stranger(world: World, charlie: Tenant) -> Program:
    """Charlie's program."""
    return program(world, charlie)


def test_every_route_hides_what_is_alices(
    world: World, alices: dict[str, str], stranger: Program
) -> None:
    asked = 0
    for method, rule in api_routes(world.app):
        if "<" in rule:
            name = rule.split("<")[1].split(">")[0]
            path = filled(rule, alices[name]).removeprefix(PREFIX)
            assert stranger.ask(method, path).status_code == 404, (method, path)
            asked += 1
    assert asked > 10


def test_bodies_cannot_name_what_is_alices(
    world: World, alices: dict[str, str], stranger: Program
) -> None:
    for path, body in BODIES.items():
        answer = stranger.ask("POST", path, {**body, "official_account": alices["account_id"]})
        assert answer.status_code == 404, path
        assert "official_account" in answer.json["errors"]


@pytest.mark.parametrize(
    "path",
    [
        "/friends",
        "/friends?q=a",
        "/friends?linked=true",
        "/linkages",
        f"/linkages?contact_id={ALICE}",
        "/linkages/history",
        f"/linkages/history?contact_id={ALICE}",
        f"/linkages?line_user_id=U{'a' * 32}",
        "/jobs",
    ],
)
def test_lists_hold_nothing_of_alices(alices: dict[str, str], stranger: Program, path: str) -> None:
    assert stranger.results(path) == []


def test_filters_reach_no_foreign_account(alices: dict[str, str], stranger: Program) -> None:
    for path in ("/friends", "/linkages", "/linkages/history"):
        assert stranger.results(f"{path}?official_account={alices['account_id']}") == []


def test_alice_still_has_everything(
    world: World, alice: Tenant, alices: dict[str, str], stranger: Program
) -> None:
    test_every_route_hides_what_is_alices(world, alices, stranger)
    hers = program(world, alice)
    for name, path in (
        ("friend_id", "friends"),
        ("linkage_id", "linkages"),
        ("code_id", "qr-codes"),
    ):
        assert hers.get(f"/{path}/{alices[name]}")["id"] == alices[name]
    assert [job["id"] for job in hers.results("/jobs")] == [alices["job_id"]]
    with world.app.app_context():
        assert db.session.query(LedgerEntry).count() == 1


@pytest.mark.parametrize(
    "odd", ["0", "-1", "007", "x", "1.5", "9" * 19, "9" * 400, "\u0661", "1%00", "%20", "None"]
)
def test_odd_ids_are_simply_not_there(
    world: World, charlie: Tenant, stranger: Program, odd: str
) -> None:
    for method, rule in api_routes(world.app):
        if "<" in rule:
            path = filled(rule, odd).removeprefix(PREFIX)
            assert stranger.ask(method, path).status_code == 404, (method, rule)
