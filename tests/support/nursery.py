"""Musubi processes without the second that Python takes to load: `python -m tests.support.nursery`.

It loads everything once, then makes a process for every line that comes in: `{"env": ..., "log":
path, "folder": path}`; the answer is the process id. Each is a `python app.py`: settings,
application, engine, doors; only SQLite does not wait for the disk, and it works in the process
that serves. Those who are killed get no mourner here: ids are all the tests need.
"""

import contextlib
import importlib
import json
import os
import signal
import sys

LOADED = (
    "plugin.actions", "plugin.api", "plugin.commands", "plugin.monitoring", "plugin.web",
    "plugin.webhooks", "plugin.scheduler.local_engine", "plugin.gateways.live", "plugin.serve",
    "plugin.sandbox", "linebot.v3.messaging", "hubspot.crm.contacts", "hubspot.automation.actions",
    "psycopg", "tests.support.databases",
)  # fmt: skip


def main() -> None:
    """Load, then make processes until the input ends."""
    for name in LOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            live(told["env"], told["log"], told["folder"])
        print(child, flush=True)


def live(env: dict[str, str], log: str, folder: str) -> None:
    """Be `python app.py` in a folder until the end."""
    from plugin.factory import create_app
    from plugin.serve import serve
    from tests.support.databases import not_synced

    os.setsid()
    os.chdir(folder)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(0)
    os.environ.update(env)
    with contextlib.suppress(SystemExit):
        serve(not_synced(create_app()), worker=None)
    os._exit(0)


if __name__ == "__main__":
    main()
