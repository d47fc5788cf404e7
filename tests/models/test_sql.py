"""Statements on tables that PostgreSQL has not analyzed: it must not scan one for each row."""

from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.dialects import registry

from plugin.models import Contact, Job, db
from plugin.models.sql import among, analyze_grown
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
