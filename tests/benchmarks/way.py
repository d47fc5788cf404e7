"""From HubSpot's call to the message on the phone and HubSpot's knowledge of it."""

from tests.benchmarks.callers import ask_actions
from tests.benchmarks.platforms import LINE_TAKES, bare_pushes, platforms
from tests.benchmarks.stage import quiet
from tests.benchmarks.table import Figure
from tests.support.crowd import gather
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage

AT_ONCE = 32


def way(stage: Stage, count: int) -> list[Figure]:
    """LINE takes its time for each; a bare loop of as many at once is the limit."""
    contacts = gather(stage.world, stage.tenant, count).contact_ids
    with platforms(stage, LINE_TAKES) as there:
        limit = bare_pushes(there.url, count, AT_ONCE)
    with platforms(stage, LINE_TAKES) as there:
        musubi = Musubi(there.env, stage.folder)
        with ending(musubi.wait()):
            musubi.worker()
            quiet(stage)
            told = {"urls": [musubi.url], "at_once": AT_ONCE, "warm_up": 0}
            asked = ask_actions(stage.env["BASE_URL"], contacts, "way", **told)
            # Whoever was not told to wait has heard how it ended.
            due = count, asked.blocked
            wait_until(lambda: there.counts()[:2] == due, 600, "all executions", there.counts)
            ours = count / (there.counts().last - asked.began)
    what = "workflow step to phone and back, LINE at 50 ms, beside 32 pushes at once"
    return [Figure(what, "steps/s", limit, ours)]
