"""A tenant of any size, planted with a few statements: friends, contacts, links, values, a list."""

from collections.abc import Sequence

from sqlalchemy import text

from plugin.models import db
from plugin.models.transaction import transaction
from tests.support.stage import Stage

# Each statement plants what it says for the numbers from 1 to :count.
_FRIENDS = """
INSERT INTO friend (official_account_id, line_user_id, display_name, picture_url, language, status,
    status_at, status_since, profile_at, created_at, last_result)
SELECT :account, 'U' || {padded}, 'Friend ' || n, '', 'ja',
    CASE WHEN n % 7 = 0 THEN 'blocked' ELSE 'following' END, :at, :at, :at, :at, ''
FROM numbers"""
_CONTACTS = """
INSERT INTO contact (installation_id, contact_id, email, firstname, lastname, mirror_wanted,
    mirror_done, mirror_owed, mirror_error, shown)
SELECT :installation, 700000000000 + n, '', '', '', 0, 0, {false}, '', '{{}}' FROM numbers"""
_LINKAGES = """
INSERT INTO linkage (official_account_id, friend_id, contact_row_id, method, linked_at)
SELECT :account, friend.id, contact.id, 'import', :at FROM friend JOIN contact
ON contact.installation_id = :installation
    AND contact.contact_id = 700000000000 + CAST(substr(friend.line_user_id, 2) AS {whole})
WHERE friend.official_account_id = :account AND friend.display_name LIKE 'Friend %'"""
_VALUES = """
INSERT INTO contact_values (contact_row_id, installation_id, read_at, "values")
SELECT id, :installation, :at, {map} FROM contact
WHERE installation_id = :installation AND contact_id > 700000000000"""
_MEMBERS = """
INSERT INTO list_membership (synced_list_id, contact_row_id, joined_at, seen_at)
SELECT :list, id, :at, :at FROM contact
WHERE installation_id = :installation AND contact_id > 700000000000 AND contact_id % 4 = 0"""
_STAGES = """CASE WHEN contact_id % 5 = 0 THEN 'customer' ELSE 'lead' END"""
_WORDS = {
    "sqlite": {
        "padded": "printf('%032d', n)",
        "false": "0",
        "whole": "INTEGER",
        "map": f"json_object('lifecyclestage', {_STAGES}, 'score', '' || contact_id % 100)",
        "numbers": "WITH RECURSIVE numbers(n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count) ",
    },
    "postgresql": {
        "padded": "lpad(n::text, 32, '0')",
        "false": "false",
        "whole": "BIGINT",
        "map": f"jsonb_build_object('lifecyclestage', {_STAGES},"
        " 'score', (contact_id % 100)::text)",
        "numbers": "WITH numbers AS (SELECT n FROM generate_series(1, :count) AS n) ",
    },
}


def plant_people(stage: Stage, count: int, list_row: int) -> None:
    """Plant so many friends, each linked to a contact with two values; a seventh has blocked, a
    fifth are customers, a quarter are in the list."""
    _plant(stage, (_FRIENDS, _CONTACTS, _LINKAGES, _VALUES, _MEMBERS), count, list_row)


def plant_friends(stage: Stage, count: int) -> None:
    """Plant so many friends who follow and are linked to nobody, and no others."""
    with stage.world.app.app_context(), transaction() as session:
        session.execute(text("UPDATE friend SET status = 'blocked'"))
    _plant(stage, (_FRIENDS.replace("'blocked'", "'following'"),), count, 0)


def _plant(stage: Stage, statements: Sequence[str], count: int, list_row: int) -> None:
    with stage.world.app.app_context():
        kind = db.engine.dialect.name
        words = _WORDS[kind]
        values = {
            "account": stage.tenant.account_id,
            "installation": stage.tenant.installation_id,
            "list": list_row,
            "count": count,
            "at": "2026-01-01 00:00:00.000000" + ("+00" if kind == "postgresql" else ""),
        }
        for statement in statements:
            _insert(statement.format(**words), values)
        with transaction() as session:
            session.execute(text("ANALYZE"))


def _insert(statement: str, values: dict[str, object]) -> None:
    words = _WORDS[db.engine.dialect.name]
    numbers = words["numbers"] if "FROM numbers" in statement else ""
    # PostgreSQL takes the numbers behind INSERT INTO as SQLite takes them.
    head, select = statement.strip().split("\nSELECT", 1)
    named = text(f"{head} {numbers}SELECT{select}")
    used = {name: value for name, value in values.items() if f":{name}" in str(named)}
    with transaction() as session:
        if db.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(named, used)
