"""The job queue's statements, in the dialect of each database."""

from sqlalchemy import JSON, BigInteger, String, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

_INTO = """
INSERT INTO job (
    kind, key, queue, lane, ready_ms, owner, attempts, parked, last_error, payload
)"""
_VALUES = """
VALUES (
    :kind, :key, :queue, :lane, {now} + :delay, '', 0, {false}, '', :payload
)"""
# A waiting job comes due as soon as requested; a running one keeps its lease and runs once more; a
# failed one begins anew. After an error a waiting job keeps its back-off: new work must not hammer
# a platform that is down, nor use up the tries.
_OR_MOVE = """
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

# Fair to tenants: it steps from tenant to tenant along the index (never over a tenant's backlog),
# takes the oldest jobs of each, and claims the first of every tenant before the second of any.
_TENANTS = """
WITH RECURSIVE lanes(lane) AS (
    SELECT (SELECT min(lane) FROM job WHERE queue = :queue AND parked = {false})
    UNION ALL
    SELECT (SELECT min(lane) FROM job
            WHERE queue = :queue AND parked = {false} AND lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL
)"""

_CLAIM = """
UPDATE job SET owner = :owner, attempts = attempts + 1, again_ms = NULL,
    ready_ms = {now} + :lease
WHERE id IN (SELECT id FROM turns ORDER BY turn, ready_ms LIMIT :limit)
RETURNING id, kind, key, lane, attempts, payload, owner"""

_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_SQLITE = (
    _TENANTS.format(false="0")
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
    + _CLAIM.format(now=_SQLITE_NOW)
)

_POSTGRESQL_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_POSTGRESQL = (
    _TENANTS.format(false="false")
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
    + _CLAIM.format(now=_POSTGRESQL_NOW)
)

_COLUMNS = {"id": BigInteger(), "lane": BigInteger(), "payload": JSON(), "key": String()}
CLAIM = {
    "sqlite": text(_SQLITE).columns(**_COLUMNS),
    "postgresql": text(_POSTGRESQL).columns(**_COLUMNS),
}
_ENQUEUE = _INTO + _VALUES + _OR_MOVE
# As text, since SQLAlchemy compiles its own ON CONFLICT anew every time.
_PAYLOAD = bindparam("payload", type_=JSON())
ENQUEUE = {
    "sqlite": text(_ENQUEUE.format(now=_SQLITE_NOW, false="0")).bindparams(_PAYLOAD),
    "postgresql": text(_ENQUEUE.format(now=_POSTGRESQL_NOW, false="false")).bindparams(_PAYLOAD),
}
# For the few rows that every send of a tenant enqueues: a transaction by itself, which the server
# ends alone, so that no frozen client holds such a row. Losing one loses no work
# (`services.system.lost_work`), so it waits neither for the disk nor, for long, for the holder of
# the row. Sorted, so that two statements never wait for each other.
_LIST = f"""
SELECT kind, key, queue, lane, {_POSTGRESQL_NOW} + delay, '', 0, false, '', '{{}}'
FROM jsonb_to_recordset(:rows)
    AS wanted(kind text, key text, queue text, lane bigint, delay bigint),
    (SELECT set_config('synchronous_commit', 'off', true),
            set_config('lock_timeout', '1s', true)) AS quick
ORDER BY kind, key"""
ENQUEUE_LATER = text(_INTO + _LIST + _OR_MOVE.format(false="false") + "\nRETURNING id").bindparams(
    bindparam("rows", type_=JSONB())
)
