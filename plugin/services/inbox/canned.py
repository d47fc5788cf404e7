"""Answers that a team prepares: kept, changed, deleted."""

from plugin.core.clock import utcnow
from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.text.sentences import Sentence
from plugin.models.base import db
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.transaction import transaction
from plugin.services.inbox.refused import FieldsRefused

LONGEST_NAME, MOST = 80, 200


def save_canned_answer(
    installation_id: int, name: str, text: str, by: str, answer: CannedAnswer | None = None
) -> CannedAnswer:
    """Make a prepared answer, or change one. Raise `FieldsRefused`."""
    name, text = " ".join(name.split()), text.replace("\r\n", "\n").strip()
    _check(installation_id, name, text, answer)
    answer = answer or CannedAnswer(installation_id=installation_id)
    with transaction() as session:
        session.add(answer)
        answer.name, answer.text = name, text
        answer.changed_by, answer.changed_at = by, utcnow()
    return answer


def delete_canned_answer(answer: CannedAnswer) -> None:
    with transaction() as session:
        session.delete(answer)


def _check(installation_id: int, name: str, text: str, answer: CannedAnswer | None) -> None:
    problems: dict[str, Sentence] = {}
    if not 0 < len(name) <= LONGEST_NAME:
        problems["name"] = Sentence(
            "Give it a name of at most %(most)s characters.", most=LONGEST_NAME
        )
    try:
        check_messages(sample([{"type": "text", "text": text}]), count_clusters)
    except InvalidMessage as error:
        problems["text"] = error.problem
    kept = len(db.session.scalars(CannedAnswer.owned(installation_id)).all())
    if answer is None and kept >= MOST:
        # Of no field: it stands above the form.
        problems[""] = Sentence(
            "There are %(most)s prepared answers, which is the most.", most=MOST
        )
    if problems:
        raise FieldsRefused(problems)
