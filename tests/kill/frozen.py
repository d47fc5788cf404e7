"""A Musubi process that stands still at a statement: `python -m tests.kill.frozen`.

`FREEZE` is a JSON list of two texts: where a statement holds the first and its parameters the
second, the process stops itself (SIGSTOP) right after it, with its transaction open. It works in
the process that serves, so that one machine stands still as a whole.
"""

import json
import os
import signal
import threading
from typing import Any

from sqlalchemy import event

from plugin.factory import create_app
from plugin.models import db
from plugin.serve import serve


def main() -> None:
    """Serve, until then."""
    app = create_app()
    statement_part, values_part = json.loads(os.environ["FREEZE"])
    has_stopped = threading.Event()

    def stop(_c: object, _u: object, statement: str, values: object, *_more: object) -> None:
        if has_stopped.is_set():
            return
        if statement_part in statement and values_part in words(values):
            # A listener that is removed while it runs would fail the statement.
            has_stopped.set()
            # To this thread: sent to the process, the signal may wait for a sleeping one, and this
            # one would go on meanwhile.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    with app.app_context():
        engine = db.engine
        event.listen(engine, "after_cursor_execute", stop)
    serve(app, worker=None)


def words(values: Any) -> str:
    """Statement parameters as text; psycopg names them and wraps JSON, SQLite has them in order."""
    rows = values if isinstance(values, list) else [values]
    found = [one for row in rows for one in (row.values() if isinstance(row, dict) else row)]
    return repr([getattr(one, "obj", one) for one in found])


if __name__ == "__main__":
    main()
