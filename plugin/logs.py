"""How Musubi speaks to its operator: structlog, for eyes or as JSON; never what people wrote."""

import logging

import structlog


def configure_logs(log_format: str) -> None:
    """`console` or `json`; every line has a level and a time."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING)
    # Waitress says so whenever a request waits for a thread, which is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
