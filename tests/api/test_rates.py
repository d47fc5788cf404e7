"""What one key may ask in a while, and how it is told."""

from collections.abc import Iterator

import pytest

from plugin.core.visit_limits import Rate, VisitLimiter
from tests.api.client import Program, program
from tests.support.world import Tenant, World


@pytest.fixture
def clock(world: World) -> Iterator[list[float]]:
    """The limiter's time; three requests at once, and one more in two seconds."""
    now = [0.0]
    usual = world.app.extensions["musubi_api_rates"]
    world.app.extensions["musubi_api_rates"] = VisitLimiter(Rate(3, 0.5), lambda: now[0])
    yield now
    world.app.extensions["musubi_api_rates"] = usual


def left(caller: Program) -> tuple[int, str, str, str]:
    answer = caller.ask("GET", "/friends")
    told = (answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))
    return (answer.status_code, *told)  # type: ignore[return-value]


def test_a_key_is_told_what_it_has_left(world: World, alice: Tenant, clock: list[float]) -> None:
    caller = program(world, alice)
    assert [left(caller) for _ in range(3)] == [
        (200, "3", "2", "2"), (200, "3", "1", "4"), (200, "3", "0", "6"),
    ]  # fmt: skip
    clock[0] = 4
    assert left(caller) == (200, "3", "1", "4")


def test_who_asks_too_much_waits_and_nothing_was_done(
    world: World, alice: Tenant, clock: list[float]
) -> None:
    caller, body = program(world, alice), {"name": "Counter", "linkage_type": "none"}
    for _ in range(3):
        left(caller)
    wanted = {**body, "official_account": str(alice.account_id)}
    refused = caller.ask("POST", "/qr-codes", wanted, Idempotency_Key="one")
    assert (refused.status_code, refused.json["code"]) == (429, "too_many")
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["RateLimit-Remaining"] == "0"
    clock[0] = 2
    assert caller.ask("POST", "/qr-codes", wanted, Idempotency_Key="one").status_code == 201


def test_what_a_key_may_not_do_counts_too(world: World, alice: Tenant, clock: list[float]) -> None:
    reader = program(world, alice, "reader")
    answers = [reader.ask("POST", "/qr-codes", {}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert answers[0].headers["RateLimit-Remaining"] == "2"


def test_each_key_has_its_own(world: World, alice: Tenant, clock: list[float]) -> None:
    caller, other = program(world, alice), program(world, alice)
    for _ in range(4):
        left(caller)
    assert left(other)[0] == 200
    assert left(caller)[0] == 429


def test_errors_tell_it_too(world: World, alice: Tenant) -> None:
    caller = program(world, alice)
    limiter: VisitLimiter = world.app.extensions["musubi_api_rates"]
    for path in ("/friends/1x", "/friends?limit=x"):
        answer = caller.ask("GET", path)
        assert answer.status_code in (404, 422)
        assert answer.headers["RateLimit-Limit"] == f"{limiter.rate.burst:.0f}"
    stranger = world.app.test_client().get("/api/v1/friends")
    assert "RateLimit-Limit" not in stranger.headers
