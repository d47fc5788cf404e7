"""Statements on tables that PostgreSQL has not analyzed: it must not scan one for each row."""

from typing import Any

import pytest
from sqlalchemy import Update, select, text, update
from sqlalchemy.dialects import registry

from plugin.models import Contact, Delivery, Friend, Job, db
from plugin.models.sql import among, analyze_grown, one_of
from plugin.models.transaction import transaction
from tests.support.crowd import gather
from tests.support.world import Tenant, World

PEOPLE = 500


@pytest.fixture
def kind(world: World) -> str:
    with world.app.app_context():
        return db.engine.dialect.name


def dialect(name: str) -> Any:
    """A dialect that compiles statements for no connection."""
    return registry.load(name)()


def rows_known(model: type[Contact | Job]) -> float:
    """How many rows PostgreSQL takes a table to have."""
    counted = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    return float(db.session.scalar(counted, {"name": model.__tablename__}) or 0)


@pytest.mark.both_databases
def test_tables_are_analyzed_that_never_were(world: World, alice: Tenant, kind: str) -> None:
    gather(world, alice, PEOPLE)
    with world.app.app_context(), transaction():
        analyze_grown(Contact)
        # SQLite keeps no such count and needs none.
        assert kind == "sqlite" or rows_known(Contact) >= PEOPLE


@pytest.mark.both_databases
def test_ids_that_a_select_locks_are_looked_up_once(world: World, alice: Tenant, kind: str) -> None:
    gather(world, alice, PEOPLE)
    with world.app.app_context(), transaction() as session:
        ids = list(session.scalars(select(Contact.id).order_by(Contact.id).limit(20)))
        locked = select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id)
        statement = update(Contact).where(among(Contact.id, locked.with_for_update()))
        changed = statement.values(push_version=7).returning(Contact.id)
        assert sorted(session.scalars(changed)) == ids
        sevens = select(Contact.id).where(Contact.push_version == 7).order_by(Contact.id)
        assert list(session.scalars(sevens)) == ids
        if kind == "postgresql":
            bound = statement.values(push_version=8).compile(
                dialect=dialect("postgresql"), compile_kwargs={"literal_binds": True}
            )
            plan = "\n".join(session.scalars(text(f"EXPLAIN {bound}")))
            assert "InitPlan" in plan
            assert "ANY_subquery" not in plan


def test_each_database_gets_the_form_that_it_plans_best() -> None:
    statement = among(Job.id, select(Job.id).where(Job.kind == "x").with_for_update())
    on_postgresql = str(statement.compile(dialect=dialect("postgresql")))
    assert on_postgresql.startswith("job.id = ANY (ARRAY(SELECT job.id")
    assert "FOR UPDATE" in on_postgresql
    assert str(statement.compile(dialect=dialect("sqlite"))).startswith("job.id IN (SELECT job.id")


@pytest.mark.both_databases
@pytest.mark.parametrize("lookup", [
    update(Delivery).where(among(Delivery.id, select(Delivery.id).where(Delivery.id == 7))),
    select(Delivery.id).where(one_of(Delivery.id, [7, 8])),
    select(Friend).where(Friend.id == 7),
    select(Delivery).where(Delivery.action_call_id == 7),
], ids=["locked", "bound", "friend", "call"])  # fmt: skip
def test_sqlite_looks_rows_up_instead_of_reading_all(world: World, kind: str, lookup: Any) -> None:
    if kind != "sqlite":
        pytest.skip("SQLite's own planner")
    if isinstance(lookup, Update):
        lookup = lookup.values(state="sending")
    with world.app.app_context():
        compiled = lookup.compile(db.engine, compile_kwargs={"render_postcompile": True})
        raw = db.session.connection().connection
        plan = raw.cursor().execute(
            f"EXPLAIN QUERY PLAN {compiled}", [7] * str(compiled).count("?")
        )  # fmt: skip
        steps = [str(row[-1]) for row in plan]
    assert steps
    assert not [
        step for step in steps if step.startswith(("SCAN delivery", "SCAN friend", "MATER"))
    ]
