"""One refresh at a time on all machines, and only HubSpot's own clear word disconnects."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Friend, Installation, Job, Linkage, db
from plugin.models.connections.installation import ACTIVE, DISCONNECTED
from plugin.models.transaction import transaction
from plugin.services.connections.access_token import REFRESH_LEASE, portal_access, refresh_ahead
from tests.support.people import linked, pass_refusal
from tests.support.processes import ROOT, environment
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases

TOKEN = "oauth/2026-09/token$"


def expire(world: World, *tenants: Tenant) -> None:
    """The access tokens have a few seconds left."""
    ids = [tenant.installation_id for tenant in tenants]
    with world.app.app_context(), transaction() as session:
        soon = {"token_expires_at": utcnow() + timedelta(seconds=5)}
        session.execute(update(Installation).where(Installation.id.in_(ids)).values(soon))
    world.sandbox.control("DELETE", "/calls")


def refreshes(world: World) -> int:
    """How often HubSpot was asked for tokens."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(one["count"] for name, one in calls.items() if name.endswith("/token"))


def ask(world: World, tenant: Tenant, patience: float = 20) -> str:
    """The token, or the reason why there is none."""
    with world.app.app_context():
        try:
            return portal_access(world.deps, tenant.installation_id, patience).access_token
        except GatewayError as error:
            return error.reason


def installation(tenant: Tenant) -> Installation:
    """As it stands, inside the app's context."""
    found = Installation.by_id(tenant.installation_id)
    assert found is not None
    return found


def test_fifty_workers_at_expiry_make_one_refresh(world: World, alice: Tenant) -> None:
    expire(world, alice)
    world.sandbox.fail(TOKEN, {"delay": 0.3})
    together = threading.Barrier(50)

    def one(_: int) -> str:
        together.wait(30)
        return ask(world, alice)

    with ThreadPoolExecutor(50) as pool:
        tokens = set(pool.map(one, range(50)))
    assert refreshes(world) == 1
    assert len(tokens) == 1
    assert tokens.pop().startswith("CL")


def test_a_job_does_not_wait_for_anothers_refresh(world: World, alice: Tenant) -> None:
    expire(world, alice)
    with world.app.app_context(), transaction() as session:
        held = {"refreshing_until": utcnow() + REFRESH_LEASE}
        session.execute(update(Installation).values(held))
    assert ask(world, alice, patience=0) == "unavailable"
    assert refreshes(world) == 0


ASK = """
import sys
from pathlib import Path
from app import app
from plugin.guards import get_deps
from plugin.services.connections.access_token import portal_access
from concurrent.futures import ThreadPoolExecutor

def one(_):
    with app.app_context():
        return portal_access(get_deps(), int(sys.argv[1]), 20).access_token

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(10) as pool:
    print(*set(pool.map(one, range(10))))
"""


@pytest.mark.slow
def test_processes_make_one_refresh_too(world: World, alice: Tenant) -> None:
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    env = {**environment(world.url, world.sandbox.url, url), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ASK, str(alice.installation_id)]
    children = [
        subprocess.Popen(
            command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [child.stdout and child.stdout.readline() for child in children] == ["ready\n"] * 3
    expire(world, alice)
    world.sandbox.fail(TOKEN, {"delay": 0.3})
    tokens = {child.communicate("go\n", timeout=60)[0].strip() for child in children}
    assert refreshes(world) == 1
    assert len(tokens) == 1
    assert tokens.pop().startswith("CL")


def test_the_newest_refresh_token_is_kept(world: World, alice: Tenant) -> None:
    world.sandbox.control("POST", "/oauth", {"rotate_refresh": True, "grace_seconds": 0})
    kept = []
    for _ in range(3):
        expire(world, alice)
        assert ask(world, alice).startswith("CL")
        with world.app.app_context():
            kept.append(installation(alice).refresh_token)
    assert len(set(kept)) == 3


def test_a_lost_answer_costs_a_second_refresh_and_nothing_else(world: World, alice: Tenant) -> None:
    world.sandbox.control("POST", "/oauth", {"rotate_refresh": True})
    expire(world, alice)
    world.sandbox.fail(TOKEN, "lost", times=1)
    assert ask(world, alice) == "lost"
    assert ask(world, alice).startswith("CL")
    with world.app.app_context():
        assert installation(alice).state == ACTIVE


def test_a_refresh_ahead_owes_the_next_one_and_does_not_run_again_at_once(
    world: World, alice: Tenant
) -> None:
    world.sandbox.control("DELETE", "/calls")
    world.pass_time(1500)
    world.work(0)
    assert refreshes(world) == 1
    with world.app.app_context():
        due = db.session.scalar(select(Job.ready_ms).where(Job.kind == "refresh_token"))
        assert due is not None
        assert 1200 < due / 1000 - utcnow().timestamp() < 1400


def test_who_died_while_refreshing_is_replaced_after_his_lease(world: World, alice: Tenant) -> None:
    expire(world, alice)
    with world.app.app_context(), transaction() as session:
        over = {"refreshing_until": utcnow() - timedelta(seconds=1)}
        session.execute(update(Installation).values(over))
    assert ask(world, alice).startswith("CL")


def test_invalid_grant_disconnects_that_portal_only_and_deletes_nothing(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    linked(world, alice)
    world.sandbox.control("POST", "/uninstall", {"portal": 20000001})
    expire(world, alice, charlie)
    assert ask(world, alice) == "unavailable"
    pass_refusal(world, timedelta(hours=25))
    assert ask(world, alice) == "revoked"
    assert ask(world, charlie).startswith("CL")
    with world.app.app_context():
        assert installation(alice).state == DISCONNECTED
        assert installation(alice).disconnect_reason
        assert installation(charlie).state == ACTIVE
        for model in (Friend, Linkage):
            mine = db.session.scalar(select(func.count()).select_from(model))
            assert mine is not None
            assert mine >= 1
    # It is not asked again and again.
    world.sandbox.control("DELETE", "/calls")
    assert ask(world, alice) == "revoked"
    assert refreshes(world) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": "invalid_client", "status": "BAD_CLIENT_SECRET", "message": "wrong"}, 400),
        ({"error": "invalid_client", "status": "BAD_CLIENT_ID", "message": "wrong"}, 401),
        ({"message": "who are you"}, 403),
        ({"message": "something went wrong"}, 500),
        ("<html>a proxy says no</html>", 502),
        ({"message": "slow down", "errorType": "RATE_LIMIT"}, 429),
    ],
)
def test_nothing_else_ever_disconnects_anybody(
    world: World, alice: Tenant, body: object, status: int
) -> None:
    expire(world, alice)
    world.sandbox.fail(TOKEN, {"status": status, "body": body})
    assert ask(world, alice) != "revoked"
    with world.app.app_context():
        assert installation(alice).state == ACTIVE
    world.sandbox.control("DELETE", "/faults")
    with world.app.app_context(), transaction() as session:
        # A limit of the token calls holds for its ten seconds; the portal's own lease is over.
        session.execute(update(Installation).values(refreshing_until=None))
    if status != 429:
        assert ask(world, alice).startswith("CL")


def test_an_old_refusal_does_not_disconnect_who_installed_again_meanwhile(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire(world, alice)
    hubspot = world.app.extensions["musubi"].gateways.hubspot

    def refused_late(_: str) -> None:
        world.install()
        raise GatewayError("gone", permanent=True, reason="revoked")

    monkeypatch.setattr(hubspot, "refresh", refused_late)
    ask(world, alice)
    monkeypatch.undo()
    with world.app.app_context():
        assert installation(alice).state == ACTIVE
        refresh_ahead(world.deps, alice.installation_id)
        assert installation(alice).state == ACTIVE
