"""The first page: for strangers what Musubi does, for the team how things stand."""

from typing import NamedTuple

from flask import g, request

from plugin.doorway import open_to_strangers
from plugin.models.base import db
from plugin.models.friend_search import count_friends
from plugin.models.official_account import OfficialAccount
from plugin.models.people import FOLLOWING, Linkage
from plugin.models.qr_code import QRCode
from plugin.web.attention import Standing, attention, setup_steps
from plugin.web.blueprint import web
from plugin.web.entry import local_path
from plugin.web.frame import page
from plugin.web.people import record_url
from plugin.web.quota import gauges
from plugin.web.signed_in import person, tenant

RECENT = 8


class Share(NamedTuple):
    """How many friends there are and how many of them are linked; `percent` is whole."""

    friends: int
    linked: int
    following: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all; above nothing it is at least 1."""
        if not self.friends:
            return 0
        return max(100 * self.linked // self.friends, 1 if self.linked else 0)


@web.get("/")
@open_to_strangers("shows strangers what Musubi is, and nothing of anybody")
def home() -> str:
    """The landing page, or the Dashboard of whoever is signed in."""
    if g.person is None:
        return page("landing.html", next_path=local_path(request.args.get("next", "")))
    share = _share()
    standing = _standing(share.linked)
    recent = db.session.scalars(Linkage.owned(tenant()).order_by(Linkage.id.desc()).limit(RECENT))
    return page(
        "dashboard.html",
        "home",
        share=share,
        matters=attention(standing),
        steps=setup_steps(standing),
        recent=list(recent.unique()),
        quotas=gauges(standing.accounts),
        record_url=record_url,
    )


def _share() -> Share:
    counts = count_friends(tenant())
    return Share(counts["all"], counts["linked"], counts.get(FOLLOWING, 0))


def _standing(linked: int) -> Standing:
    return Standing(
        person().installation,
        OfficialAccount.list_owned(tenant()),
        has_codes=db.session.scalar(QRCode.owned(tenant()).limit(1)) is not None,
        linked=linked,
    )
