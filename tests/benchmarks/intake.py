"""LINE's webhook: events a second, one a call, beside a bare Flask route on the same server."""

from typing import Any

from tests.benchmarks.callers import ask_events
from tests.benchmarks.door import WARM_UP, bare_doors, beside
from tests.benchmarks.stage import quiet
from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.processes import Musubi, ending
from tests.support.stage import Stage


def intake(stage: Stage, count: int) -> list[Figure]:
    """A text of each friend, taken in while those before it are read."""
    gather(stage.world, stage.tenant, count, contacts=False)
    friends: dict[str, str] = stage.world.sandbox.control("GET", "/friends")["friends"]
    with stage.world.app.app_context():
        account = stage.world.account(stage.tenant)
        path, secret = f"/line/webhooks/{account.webhook_key}", account.channel_secret
        more = {"secret": secret, "destination": account.bot_user_id}
    told: Any = {**more, "path": path, "users": list(friends)[-count:]}
    told |= {"at_once": 32, "warm_up": WARM_UP}
    with bare_doors(stage, secret=secret) as urls:
        limit = ask_events(**told, urls=urls)
    musubi = Musubi(stage.env, stage.folder)
    with ending(musubi.wait()):
        quiet(stage)
        ours = ask_events(**told, urls=[musubi.url])
    return beside("LINE webhook, one event a call, 32 callers", limit, ours)
