"""A segment's statement chooses the same people as its rule, read person by person."""

import json
import os
import time
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plugin.models import Installation, db
from plugin.models.audience.segment import Segment
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.transaction import transaction
from plugin.services.segments.library import create_segment
from plugin.services.segments.members import select_members
from tests.services.segments.crowd import Crowd
from tests.services.segments.plain import Plain
from tests.services.segments.rules import TYPES, Rules
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
PEOPLE, SEGMENTS = 40, 3
ZONES = ("Asia/Tokyo", "America/New_York")
# Other rules and people every time; a difference prints its seed. In CI the same ones.
IN_CI = os.environ.get("CI") == "true"
SEED = int(os.environ.get("SEED", "1" if IN_CI else str(time.time_ns() % 10**9)))
RULES = int(os.environ.get("RULES", "150"))
FIELD_TYPES = {
    "text": ("string", "text"),
    "number": ("number", "number"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "enumeration": ("enumeration", "select"),
    "multiple": ("enumeration", "checkbox"),
    "boolean": ("bool", "booleancheckbox"),
    "owner": ("enumeration", "select"),
}


def test_statement_and_plain_reading_choose_the_same_people(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    random = Random(SEED)  # noqa: S311 - a chance, not a secret
    with world.app.app_context():
        crowds = [
            _crowd(random, tenant, zone)
            for tenant, zone in zip((alice, charlie), ZONES, strict=True)
        ]
        for crowd, zone in zip(crowds, ZONES, strict=True):
            segments = _segments(world, random, crowd)
            reader = Plain(NOW, ZoneInfo(zone), TYPES, segments)
            rules = Rules(random, {**crowd.known, "segment": list(segments)})
            account = world.account(crowd.tenant)
            for number in range(RULES):
                rule = rules.rule()
                found = set(db.session.scalars(select_members(account, rule, NOW)))
                chosen = {id_ for id_, each in crowd.people.items() if reader.holds(rule, each)}
                differing = {id_: crowd.people.get(id_) for id_ in found ^ chosen}
                assert not differing, (
                    f"SEED={SEED}, rule {number}: {json.dumps(rule, ensure_ascii=False)}\n"
                    f"by the statement {sorted(found - chosen)},"
                    f" by the plain reading {sorted(chosen - found)}: {differing}"
                )


def _crowd(random: Random, tenant: Tenant, zone: str) -> Crowd:
    with transaction() as session:
        db.session.get_one(Installation, tenant.installation_id).time_zone = zone
        for name, type_ in TYPES.items():
            hubspot_type, field_type = FIELD_TYPES[type_]
            synced = SyncedProperty(
                installation_id=tenant.installation_id,
                name=name,
                type=hubspot_type,
                field_type=field_type,
                of_owners=type_ == "owner",
                chosen_at=NOW,
            )
            session.add(synced)
        crowd = Crowd(random, tenant, NOW)
        crowd.add_people(PEOPLE)
    return crowd


def _segments(world: World, random: Random, crowd: Crowd) -> dict[int, Any]:
    """Segments of which the later ones name the earlier ones."""
    saved: dict[int, Any] = {}
    for number in range(SEGMENTS):
        rule = Rules(random, {**crowd.known, "segment": list(saved)}).rule(2)
        segment: Segment = create_segment(world.account(crowd.tenant), f"Segment {number}", rule)
        saved[segment.id] = rule
    return saved
