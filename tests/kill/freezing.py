"""A process that stops itself at a statement, for tests that let it go on or kill it there."""

import json
import os
import signal
from pathlib import Path

from tests.support.processes import Process, answers, free_port, wait_until
from tests.support.stage import Stage


class Freezing(Process):
    """A whole Musubi that stops itself at the first statement of a kind."""

    def __init__(self, stage: Stage, statement: str, values: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        env = {**stage.env, "PORT": str(port), "FREEZE": json.dumps([statement, values])}
        super().__init__(["-m", "tests.kill.frozen"], env, stage.folder)

    @property
    def stands_still(self) -> bool:
        """Whether the system has stopped it."""
        status = Path(f"/proc/{self.child.pid}/stat").read_text(encoding="ascii")
        return status.rpartition(")")[2].split()[0] == "T"

    def wait(self) -> "Freezing":
        """Until it serves."""
        wait_until(lambda: answers(f"{self.url}/healthz"), 30, f"Musubi, {self.log}")
        return self

    def go_on(self) -> None:
        """As a machine that wakes up."""
        os.kill(self.child.pid, signal.SIGCONT)
