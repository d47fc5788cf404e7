"""Processes of a simulation: each runs one step of a job, and may die at any statement."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Killed(BaseException):
    """The process ended here. Nothing of it runs any more, whatever its code would still do."""


class Lifeline:
    """Counts the statements and the commits of a database; at the one that is planned the process
    dies. A process that runs in the midst of another's call has a count of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.left: int | None = None
        event.listen(engine, "before_cursor_execute", self._count)
        event.listen(engine, "commit", self._count)

    def close(self) -> None:
        """Count no more."""
        event.remove(self.engine, "before_cursor_execute", self._count)
        event.remove(self.engine, "commit", self._count)

    def _count(self, *_: Any) -> None:
        self.count()

    def count(self) -> None:
        """Another statement, or a call."""
        if self.left is None:
            return
        self.left -= 1
        # The dead execute nothing more: each further statement dies as well.
        if self.left <= 0:
            raise Killed

    def end(self) -> None:
        """Die here and now."""
        self.left = 0
        raise Killed

    @contextmanager
    def lives_for(self, statements: int | None) -> Iterator[None]:
        """Let the block live for so many statements; what it has not committed is lost."""
        outer, self.left = self.left, statements
        try:
            yield
        finally:
            self.left = outer


class InTurn:
    """Stands where a pool of threads stands: calls run one after the other, in this thread."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Run it now."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(*arguments))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future
