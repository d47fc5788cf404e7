"""What the tests of the team's pages share: marks on a page, and a browser's careful eye."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from plugin.models import db
from tests.support.walker import Page
from tests.support.world import World


def marks(page: Page) -> list[str]:
    """Every data-testid of a page, in order."""
    return re.findall(r'data-testid="([^"]+)"', page.html)


def csrf_of(page: Page) -> str:
    """The page's token against forged posts."""
    return next(one.fields["csrf_token"] for one in page.forms if "csrf_token" in one.fields)


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The SQL that is sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            sent.append(statement)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
