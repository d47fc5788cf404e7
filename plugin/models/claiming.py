"""The two statements on which all work hangs, in the words of each database.

`PLANT` owes a piece of work, or asks again for one that is owed: a waiting job comes due as soon
as asked; one in work keeps its lease and runs once more; one that was given up begins anew. What
waits because of an error keeps its back-off: new work must not hammer a platform that is down,
nor use up the tries.

`CLAIM` takes work. Fair to tenants: it steps from lane to lane along the index (never over a
lane's backlog), takes the oldest of each, and lets every lane have its first before any lane has
its second.
"""

from sqlalchemy import JSON, BigInteger, String, bindparam, text

_PLANT = """
INSERT INTO job (
    kind, key, queue, lane, ready_ms, owner, attempts, parked, last_error, payload
) VALUES (
    :kind, :key, :queue, :lane, {now} + :delay, '', 0, {false}, '', :payload
)
ON CONFLICT (kind, key) DO UPDATE SET
    ready_ms = CASE
        WHEN job.parked THEN excluded.ready_ms
        WHEN job.owner = '' AND job.last_error = '' AND excluded.ready_ms < job.ready_ms
        THEN excluded.ready_ms
        ELSE job.ready_ms END,
    again_ms = CASE
        WHEN job.owner <> '' AND (job.again_ms IS NULL OR excluded.ready_ms < job.again_ms)
        THEN excluded.ready_ms
        ELSE job.again_ms END,
    attempts = CASE WHEN job.parked THEN 0 ELSE job.attempts END,
    last_error = CASE WHEN job.parked THEN '' ELSE job.last_error END,
    parked = {false},
    payload = excluded.payload"""

_LANES = """
WITH RECURSIVE lanes(lane) AS (
    SELECT (SELECT min(lane) FROM job WHERE queue = :queue AND parked = {false})
    UNION ALL
    SELECT (SELECT min(lane) FROM job
            WHERE queue = :queue AND parked = {false} AND lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL
)"""

_TAKE = """
UPDATE job SET owner = :owner, attempts = attempts + 1, again_ms = NULL,
    ready_ms = {now} + :lease
WHERE id IN (SELECT id FROM turns ORDER BY turn, ready_ms LIMIT :limit)
RETURNING id, kind, key, lane, attempts, payload, owner"""

_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_SQLITE = (
    _LANES.format(false="0")
    + f"""
, turns AS (
    SELECT job.id, job.ready_ms,
           row_number() OVER (PARTITION BY job.lane ORDER BY job.ready_ms, job.id) AS turn
    FROM lanes CROSS JOIN job ON job.id IN (
        SELECT due.id FROM job AS due
        WHERE due.queue = :queue AND due.parked = 0 AND due.lane = lanes.lane
          AND due.ready_ms <= {_SQLITE_NOW}
        ORDER BY due.ready_ms LIMIT :limit)
)"""
    + _TAKE.format(now=_SQLITE_NOW)
)

_POSTGRESQL_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_POSTGRESQL = (
    _LANES.format(false="false")
    + f"""
, turns AS MATERIALIZED (
    SELECT due.id, due.ready_ms,
           row_number() OVER (PARTITION BY lanes.lane ORDER BY due.ready_ms, due.id) AS turn
    FROM lanes CROSS JOIN LATERAL (
        SELECT id, ready_ms FROM job
        WHERE queue = :queue AND parked = false AND lane = lanes.lane
          AND ready_ms <= {_POSTGRESQL_NOW}
        ORDER BY ready_ms LIMIT :limit FOR UPDATE SKIP LOCKED) AS due
)"""
    + _TAKE.format(now=_POSTGRESQL_NOW)
)

_COLUMNS = {"id": BigInteger(), "lane": BigInteger(), "payload": JSON(), "key": String()}
CLAIM = {
    "sqlite": text(_SQLITE).columns(**_COLUMNS),
    "postgresql": text(_POSTGRESQL).columns(**_COLUMNS),
}
# As text, since SQLAlchemy compiles its own ON CONFLICT anew every time.
_PAYLOAD = bindparam("payload", type_=JSON())
PLANT = {
    "sqlite": text(_PLANT.format(now=_SQLITE_NOW, false="0")).bindparams(_PAYLOAD),
    "postgresql": text(_PLANT.format(now=_POSTGRESQL_NOW, false="false")).bindparams(_PAYLOAD),
}
