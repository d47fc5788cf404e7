"""The view of the first page."""

from flask import g, request
from sqlalchemy import select

from plugin.core.text.uris import local_path
from plugin.guards import public_route
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.linkage import Linkage
from plugin.web.blueprint import web
from plugin.web.chosen_account import chosen_account
from plugin.web.dashboard.connection_matters import connection_matters
from plugin.web.dashboard.next_steps import next_steps
from plugin.web.dashboard.numbers import SPANS, numbers
from plugin.web.dashboard.outlook import outlooks
from plugin.web.dashboard.sending_matters import sending_matters
from plugin.web.dashboard.webhook_matters import webhook_matters
from plugin.web.layout import page
from plugin.web.owned import record_url, row_id
from plugin.web.session import person, tenant

RECENT = 8


@web.get("/")
@public_route("shows what Musubi is, and no data of a portal")
def home() -> str:
    if g.person is None:
        return page("landing.html", next_path=local_path(request.args.get("next", "")))
    account = chosen_account()
    accounts = OfficialAccount.list_owned(tenant()) if account is None else [account]
    account_ids = [each.id for each in accounts]
    found = numbers(account_ids, row_id(request.args.get("days", "")))
    installation = person().installation
    return page(
        "dashboard/index.html",
        "home",
        numbers=found,
        spans=SPANS,
        matters=[
            *connection_matters(installation, accounts),
            *sending_matters(installation.id, accounts),
            *webhook_matters(installation.id),
        ],
        steps=next_steps(installation, account_ids, found.share.linked),
        recent=_recent(account_ids),
        outlooks=outlooks(accounts),
        record_url=record_url,
    )


def _recent(account_ids: list[int]) -> list[Linkage]:
    statement = select(Linkage).where(Linkage.official_account_id.in_(account_ids))
    return list(db.session.scalars(statement.order_by(Linkage.id.desc()).limit(RECENT)).unique())
