"""What came of a template's workflow sends, on its page."""

from typing import NamedTuple

from flask import request

from plugin.core.text.row_ids import row_id
from plugin.models.audience.synced_list import SyncedList
from plugin.models.sending.template import Template
from plugin.services.sending.template_results import TemplateResults, template_results
from plugin.web.session import tenant


class Measured(NamedTuple):
    """`lists`: those that can be the goal; `goal`: the chosen one's row, 0 for none."""

    results: TemplateResults
    lists: list[SyncedList]
    goal: int


def measured(template: Template) -> Measured:
    lists = SyncedList.list_owned(tenant())
    asked = row_id(request.args.get("goal", "")) or 0
    goal = asked if asked in {row.id for row in lists} else 0
    return Measured(template_results(template, goal or None), lists, goal)
