"""What the tests of the team's pages share: marks on a page, and a browser's careful eye."""

import re

from plugin.web import blueprints
from tests.support.walker import Page

# Which routes are pages, by the blueprints that they stand on.
FRIENDS = "login_flow."
PAGES = tuple(f"{blueprint.name}." for blueprint in blueprints())
TEAM = tuple(prefix for prefix in PAGES if prefix != FRIENDS)


def marks(page: Page) -> list[str]:
    """Every data-testid of a page, in order."""
    return re.findall(r'data-testid="([^"]+)"', page.html)


def csrf_of(page: Page) -> str:
    """The page's token against forged posts."""
    return next(one.fields["csrf_token"] for one in page.forms if "csrf_token" in one.fields)
