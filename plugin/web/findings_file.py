"""What an import could not link, as a file for spreadsheets."""

import csv
import io
from collections.abc import Callable, Iterator

from flask_babel import gettext as _

from plugin.core.importing import safe_cell
from plugin.models.base import db
from plugin.models.list_import import ImportMember, ListImport
from plugin.web.import_words import PROBLEM_WORDS

PIECE = 1000
# Otherwise Excel takes the file for one in the machine's old character set.
BYTE_ORDER_MARK = "\ufeff"


def lines_of(mine: ListImport, record_url: Callable[[int], str]) -> Iterator[str]:
    """The file, a thousand rows at a time, so that 100,000 of them need no memory."""
    heading = [_("Contact ID"), _("Contact"), _("Value"), _("Problem"), _("In the way")]
    yield BYTE_ORDER_MARK + _lines([heading])
    after = 0
    while True:
        problems = ImportMember.problems(mine.id).where(ImportMember.contact_id > after)
        rows = list(db.session.scalars(problems.limit(PIECE)))
        if not rows:
            return
        yield _lines([_row(each, record_url) for each in rows])
        after = rows[-1].contact_id


def _row(member: ImportMember, record_url: Callable[[int], str]) -> list[str]:
    return [
        str(member.contact_id),
        record_url(member.contact_id),
        safe_cell(member.value),
        str(PROBLEM_WORDS[member.outcome]),
        member.other,
    ]


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
