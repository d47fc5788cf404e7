"""Mail as in production: Musubi hands letters in by SMTP, and the sandbox's mailbox has them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from plugin.factory import wire_dependencies
from plugin.sandbox import mail_url
from plugin.sandbox.smtp import MailServer
from tests.support.world import World


class Mailbox:
    """What the mail server took, and how it behaves."""

    def __init__(self, world: World) -> None:
        self.url = mail_url(world.sandbox.app)
        self.server: MailServer = world.sandbox.app.extensions["mail_server"]

    @property
    def letters(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return self.server.store.all("letter")

    @property
    def code(self) -> str:
        """The one in the newest letter."""
        found = re.findall(r"\b\d{6}\b", self.letters[-1]["text"])
        assert len(found) == 1
        return str(found[0])

    @property
    def wrong_code(self) -> str:
        """Six digits that are not it."""
        return f"{(int(self.code) + 1) % 1_000_000:06d}"


@contextmanager
def mailing(world: World) -> Iterator[Mailbox]:
    """Musubi with a mail server, until the test ends."""
    before = world.app.extensions["musubi"]
    box = Mailbox(world)
    settings = replace(before.settings, smtp_url=box.url, mail_from="Shop <shop@example.com>")
    wire_dependencies(world.app, settings, None)
    try:
        yield box
    finally:
        box.server.manners.answers.clear()
        world.app.extensions["musubi"] = before
