"""The first page: a description of Musubi, or the team's dashboard."""

from typing import NamedTuple

from flask import g, request

from plugin.guards import public_route
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.friend import FOLLOWING
from plugin.models.people.friend_search import count_friends
from plugin.models.people.linkage import Linkage
from plugin.web.attention import PortalState, attention, setup_steps
from plugin.web.blueprint import web
from plugin.web.layout import page
from plugin.web.owned import record_url
from plugin.web.session import person, tenant
from plugin.web.settings.quota import gauges
from plugin.web.sign_in import local_path

RECENT = 8


class Share(NamedTuple):
    """The number of friends, linked friends and followers."""

    friends: int
    linked: int
    following: int

    @property
    def percent(self) -> int:
        # Rounded down, so that 100 means all; at least 1 if any friend is linked.
        if not self.friends:
            return 0
        return max(100 * self.linked // self.friends, 1 if self.linked else 0)


@web.get("/")
@public_route("shows what Musubi is, and no data of a portal")
def home() -> str:
    if g.person is None:
        return page("landing.html", next_path=local_path(request.args.get("next", "")))
    share = _share()
    state = _standing(share.linked)
    recent = db.session.scalars(Linkage.owned(tenant()).order_by(Linkage.id.desc()).limit(RECENT))
    return page(
        "dashboard.html",
        "home",
        share=share,
        matters=attention(state),
        steps=setup_steps(state),
        recent=list(recent.unique()),
        quotas=gauges(state.accounts),
        record_url=record_url,
    )


def _share() -> Share:
    counts = count_friends(tenant())
    return Share(counts["all"], counts["linked"], counts.get(FOLLOWING, 0))


def _standing(linked: int) -> PortalState:
    return PortalState(
        person().installation,
        OfficialAccount.list_owned(tenant()),
        has_codes=db.session.scalar(QRCode.owned(tenant()).limit(1)) is not None,
        linked=linked,
    )
