"""The table of job kinds, and whoever has to agree with it."""

from plugin.models.system.job_kinds import JOB_KINDS, QUEUES
from plugin.scheduler.handlers import BATCH_HANDLERS, HANDLERS
from plugin.scheduler.worker_pool import CONCURRENCY


def test_every_kind_of_job_has_a_handler_and_every_handler_a_kind() -> None:
    assert HANDLERS.keys() == JOB_KINDS.keys()
    assert BATCH_HANDLERS.keys() <= JOB_KINDS.keys()


def test_every_queue_has_threads() -> None:
    assert sorted(CONCURRENCY) == QUEUES


def test_every_kind_has_a_name_of_its_own_for_people() -> None:
    labels = [str(kind.label) for kind in JOB_KINDS.values()]
    assert len(set(labels)) == len(labels)
    assert not any("_" in label for label in labels)
