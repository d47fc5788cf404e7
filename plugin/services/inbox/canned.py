"""Answers that a team prepares: kept, changed, deleted."""

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.core.text.sentences import Sentence
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.transaction import transaction
from plugin.services.inbox.refused import FieldsRefused

LONGEST_NAME, MOST = 80, 200
GONE = Sentence("Somebody deleted this answer meanwhile. Saving again makes a new one.")


def save_canned_answer(
    installation_id: int,
    name: str,
    text: str,
    by: str,
    answer: CannedAnswer | None = None,
    seen: Seen | None = None,
) -> CannedAnswer:
    """Make a prepared answer, or change one. Raise `FieldsRefused`, and `ChangedMeanwhile` where it
    differs from `seen`."""
    name, text = " ".join(name.split()), text.replace("\r\n", "\n").strip()
    _check(name, text)
    with transaction() as session:
        held = _begun(installation_id) if answer is None else _held(answer)
        if answer is not None:
            refuse_overwrite(seen, editable(held))
        held.name, held.text = name, text
        held.changed_by, held.changed_at = by, utcnow()
        session.add(held)
    return held


def editable(answer: CannedAnswer) -> dict[str, object]:
    """Return the fields that the form can change."""
    return {"name": answer.name, "text": answer.text}


def delete_canned_answer(answer: CannedAnswer) -> None:
    with transaction() as session:
        session.delete(answer)


def _begun(installation_id: int) -> CannedAnswer:
    # The installation's row is locked, so that two at once do not both become the last.
    session = db.session()
    tenant = select(Installation.id).where(Installation.id == installation_id)
    session.execute(tenant.with_for_update())
    every = select(func.count()).select_from(CannedAnswer)
    kept = session.scalar(every.where(CannedAnswer.installation_id == installation_id)) or 0
    if kept >= MOST:
        # Of no field: it stands above the form.
        full = Sentence("There are %(most)s prepared answers, which is the most.", most=MOST)
        raise FieldsRefused({"": full})
    return CannedAnswer(installation_id=installation_id)


def _held(answer: CannedAnswer) -> CannedAnswer:
    held = db.session.get(CannedAnswer, answer.id, populate_existing=True, with_for_update=True)
    if held is None:
        raise FieldsRefused({"": GONE})
    return held


def _check(name: str, text: str) -> None:
    problems: dict[str, Sentence] = {}
    if not 0 < len(name) <= LONGEST_NAME:
        problems["name"] = Sentence(
            "Give it a name of at most %(most)s characters.", most=LONGEST_NAME
        )
    try:
        check_messages(sample([{"type": "text", "text": text}]), count_clusters)
    except InvalidMessage as error:
        problems["text"] = error.problem
    if problems:
        raise FieldsRefused(problems)
