"""The worker process of `python app.py`: `python -m plugin.work <process id of the server>`.

It runs the jobs and ends with its server, whichever way that one ends.
"""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from flask import Flask

from plugin.factory import create_app
from plugin.loaded_objects import freeze_loaded_objects, loading
from plugin.models.database_files import close_database
from plugin.scheduler import Engine

# Requests go first where both want the processor.
NICE = 5
LOOK_SECONDS = 1.0


def main(prepare: Callable[[Flask], object] = lambda app: app) -> None:
    """Run jobs until the input ends: lines of a queue's name and the seconds until it has work."""
    # Ctrl-C reaches every process of a terminal; the server then tells this one to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_input)
    with suppress(OSError):
        os.nice(NICE)
    with loading():
        app = create_app(serves=False)
    prepare(app)
    freeze_loaded_objects()
    engine: Engine = app.extensions["musubi_engine"]
    engine.start()
    for line in _lines(server=int(sys.argv[1])):
        queue, seconds = line.split()
        engine.wake_in(queue, timedelta(seconds=float(seconds)))
    engine.stop()
    with app.app_context():
        close_database()
    sys.stdout.flush()
    # A job that hangs in a call would hold the process; its row has been released.
    os._exit(0)


def _end_input(_signal: int, _frame: object) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)


def _lines(server: int) -> Iterator[str]:
    """Yield what comes in. A killed server ends the input, unless another process has a copy of
    the pipe's other end; so its life is looked at, too."""
    unread = b""
    while os.getppid() == server:
        if not select.select([0], [], [], LOOK_SECONDS)[0]:
            continue
        read = os.read(0, 65_536)
        if not read:
            return
        *lines, unread = (unread + read).split(b"\n")
        yield from dict.fromkeys(line.decode() for line in lines)


if __name__ == "__main__":
    main()
