"""An import's unlinked contacts as a CSV file for spreadsheets."""

from collections.abc import Callable, Iterator

from flask_babel import gettext as _

from plugin.core.text.clean import safe_cell
from plugin.models.base import db
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.list_import import ListImport
from plugin.web.imports.words import PROBLEM_WORDS
from plugin.web.spreadsheets import BYTE_ORDER_MARK, csv_lines

BATCH_SIZE = 1000


def problems_csv(list_import: ListImport, record_url: Callable[[int], str]) -> Iterator[str]:
    """Yield the file in batches, so that 100,000 rows need no memory."""
    heading = [_("Contact ID"), _("Contact"), _("Value"), _("Problem"), _("In the way")]
    yield BYTE_ORDER_MARK + csv_lines([heading])
    after = 0
    while True:
        problems = ImportMember.problems(list_import.id).where(ImportMember.contact_id > after)
        rows = list(db.session.scalars(problems.limit(BATCH_SIZE)))
        if not rows:
            return
        yield csv_lines([_row(member, record_url) for member in rows])
        after = rows[-1].contact_id


def _row(member: ImportMember, record_url: Callable[[int], str]) -> list[str]:
    return [
        str(member.contact_id),
        record_url(member.contact_id),
        safe_cell(member.value),
        str(PROBLEM_WORDS[member.outcome]),
        member.other,
    ]
