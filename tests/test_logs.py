"""The log: harmless to terminals, short, without what was written, and not to be flooded."""

import json
import logging

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from plugin.factory import _engine_options
from plugin.logs import AT_ONCE, LONGEST, Throttle, configure_logs, escaped, escaped_trace
from tests.support.databases import POSTGRES, postgres_is_there
from tests.support.world import Tenant, World

NASTY = "a\x1b[31mred\r\nlevel=info \x9b2J\u202e\x00 end"


@pytest.fixture(params=["console", "json"])
def log(request: pytest.FixtureRequest) -> str:
    configure_logs(request.param)
    return str(request.param)


def test_what_strangers_send_moves_no_cursor(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("hubspot_call_refused", path=NASTY)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    told = json.loads(line)["path"] if log == "json" else line
    for sign in ("\x1b[31mred", "\x9b", "\u202e", "\x00", "\r"):
        assert sign not in told
    # The console writes backslashes twice.
    assert r"\x1b[31mred\r\nlevel" in told.replace("\\\\", "\\")


def test_long_values_are_cut(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("hubspot_call_refused", path="x" * 200_000)
    line = capsys.readouterr().out
    assert len(line) < LONGEST + 300
    assert "(200000 characters)" in line


def test_libraries_lines_are_harmless_too(capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("waitress", logging.ERROR, "", 0, NASTY + "x" * 5000, (), None)
    configure_logs("console")
    [formatter] = {type(each.formatter) for each in logging.getLogger().handlers if each.formatter
                   and type(each.formatter).__name__ == "SanitisingFormatter"}  # fmt: skip
    line = formatter("%(message)s").format(record)
    assert "\x1b" not in line
    assert "\n" not in line
    assert len(line) < 1100


def test_figures_stay_figures(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json")
    structlog.get_logger().warning("portal_disconnected", portal=20000001, reason="友だち")
    told = json.loads(capsys.readouterr().out)
    assert (told["portal"], told["reason"]) == (20000001, "友だち")


def test_what_anybody_can_cause_does_not_fill_the_disk(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console")
    for _ in range(AT_ONCE * 50):
        structlog.get_logger().warning("hubspot_call_refused", path="/")
        structlog.get_logger().error("page_refused", status=500, reference="abc")
    lines = capsys.readouterr().out.splitlines()
    assert sum("hubspot_call_refused" in line for line in lines) == AT_ONCE
    # A reference that somebody quotes is always found.
    assert sum("page_refused" in line for line in lines) == AT_ONCE * 50


def test_what_was_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle, now = Throttle(), [1000.0]
    monkeypatch.setattr("plugin.logs.time.monotonic", lambda: now[0])
    for _ in range(AT_ONCE):
        assert "left_out" not in throttle(None, "", {"event": "page_refused", "status": 404})
    for _ in range(7):
        with pytest.raises(structlog.DropEvent):
            throttle(None, "", {"event": "page_refused", "status": 404})
    now[0] += 11
    assert throttle(None, "", {"event": "page_refused", "status": 404})["left_out"] == 7


@pytest.mark.parametrize("url", ["sqlite://", POSTGRES])
def test_errors_of_a_database_do_not_repeat_what_was_written(url: str) -> None:
    if url == POSTGRES and not postgres_is_there():
        pytest.skip("PostgreSQL does not answer (TEST_POSTGRES_URL)")
    options = _engine_options(url) if url == POSTGRES else {"hide_parameters": True}
    assert _engine_options(url)["hide_parameters"]
    engine = create_engine(url, **options)
    insert = text("INSERT INTO t VALUES (:x)")
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE t (x VARCHAR(9) UNIQUE)"))
        connection.execute(insert, {"x": "s3cret"})
        with pytest.raises(DBAPIError) as caught:
            connection.execute(insert, {"x": "s3cret"})
    engine.dispose()
    assert "s3cret" not in escaped_trace(str(caught.value))


def test_a_trace_keeps_its_lines() -> None:
    trace = 'Traceback\n  File "x"\nValueError: \x1b[2J\nDETAIL:  Key (email)=(a@example.com)'
    assert escaped_trace(trace).splitlines() == [
        "Traceback", '  File "x"', r"ValueError: \x1b[2J", "DETAIL: (hidden)",
    ]  # fmt: skip
    assert escaped("友だち 🎉") == "友だち 🎉"


def test_a_refused_page_is_named_by_its_path_and_nothing_secret(
    world: World, alice: Tenant, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "A" * 43
    for path in ("/nothing/here?q=secret", f"/nothing/{secret}", "/of/alice@example.com",
                 f"/l/{secret}/{secret}", "/friends/999999?q=secret"):  # fmt: skip
        alice.walker.go(world.url + path)
    # As JSON says it, where that is the format.
    said = capfd.readouterr().out.replace(r"\u2026", "…")
    for path in ("/nothing/here", "/nothing/…", "/of/…", "/friends/<row_id:friend_id>"):
        assert path in said
    assert not [word for word in ("secret", secret, "alice@") if word in said]
