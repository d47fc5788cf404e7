"""Pages of broadcasts: their list and calendar, the steps of a draft, progress and results."""

from plugin.web.broadcasts import calendar, dates, deeds, listing, new, one, recipients
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps import check, lists, people, what, when, who, written

# Importing them registers their routes and filters on the blueprint.
ROUTES = (
    calendar, check, dates, deeds, listing, lists, new, one, people, recipients, what, when, who,
    written,
)  # fmt: skip
__all__ = ["ROUTES", "blueprint"]
