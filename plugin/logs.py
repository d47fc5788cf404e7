"""Configure structlog, for people or as JSON, without what people wrote."""

import logging
import re
import sys
import threading
import time
from typing import Any

import structlog

# Longer texts are cut: one request must fill neither a screen nor a disk.
LONGEST, LONGEST_TRACE = 300, 20_000
# Events that anybody outside can cause, or that a missing database causes every second: logged this
# often at most, then counted.
THROTTLED = frozenset(
    {
        "worker_pool_cannot_claim",
        "jobs_not_completed",
        "database_unavailable",
        "hubspot_action_unreadable",
        "hubspot_call_refused",
        "hubspot_options_unreadable",
        "hubspot_webhook_unreadable",
        "line_webhook_refused",
        "line_webhook_unreadable",
        "page_refused",
    }
)
AT_ONCE, WINDOW_SECONDS = 20, 10.0
# PostgreSQL repeats the row's values in these lines.
DETAIL = re.compile(r"^(DETAIL|CONTEXT|STATEMENT):.*$", re.MULTILINE)
Event = structlog.typing.EventDict


def configure_logs(log_format: str) -> None:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[
            Throttle(),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            sanitise,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(SanitisingFormatter("%(levelname)s:%(name)s:%(message)s"))
    # waitress logs whenever a request waits for a thread, which is normal.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for handler in logging.getLogger().handlers:
        handler.addFilter(LibraryThrottle())


class Throttle:
    """Let a few lines per kind through, of the kinds that anybody can cause, and count the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        """Return the event with the number of dropped ones before it. Raise `DropEvent`."""
        name = str(event.get("event", ""))
        if name in THROTTLED and event.get("status", 0) < 500:
            left_out = self.count(name)
            if left_out:
                event["left_out"] = left_out
        return event

    def count(self, name: str) -> int:
        now = time.monotonic()
        with self._lock:
            began, logged = self._windows.get(name, (now, 0))
            if now - began >= WINDOW_SECONDS:
                self._windows[name] = (now, 1)
                return max(logged - AT_ONCE, 0)
            self._windows[name] = (began, logged + 1)
        if logged >= AT_ONCE:
            raise structlog.DropEvent
        return 0


class LibraryThrottle(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._throttle = Throttle()

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            self._throttle.count(f"{record.name} {record.msg}"[:200])
        except structlog.DropEvent:
            return False
        return True


def sanitise(_logger: Any, _method: str, event: Event) -> Event:
    """Escape what moves a terminal's cursor, and cut every value to a line or two."""
    safe = {escaped(str(name)): _safe(value) for name, value in event.items()}
    if isinstance(event.get("exception"), str):
        safe["exception"] = escaped_trace(event["exception"])
    return safe


def escaped(text: str, longest: int = LONGEST) -> str:
    """Write unprintable characters as Python does; cut a long text and name its length."""
    cut = f"{text[:longest]}...({len(text)} characters)" if len(text) > longest else text
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def escaped_trace(text: str) -> str:
    """Keep a traceback's lines, but hide the values that a database put beside its error."""
    lines = DETAIL.sub(r"\1: (hidden)", text)[-LONGEST_TRACE:].split("\n")
    return "\n".join(escaped(line, 1000) for line in lines)


def _safe(value: Any) -> Any:
    if isinstance(value, (int, float)) or value is None:
        return value
    text = value if isinstance(value, str) else repr(value)
    return escaped(DETAIL.sub(r"\1: (hidden)", text))


class SanitisingFormatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return escaped(super().formatMessage(record), 1000)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return escaped_trace(super().formatException(ei))
