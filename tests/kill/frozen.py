"""A Musubi process that stands still at a statement: `python -m tests.kill.frozen`.

`FREEZE` is a JSON list of two texts: where a statement holds the first and its parameters the
second, the process stops itself (SIGSTOP) right after it, with its transaction open. It works in
the process that serves, so that one machine stands still as a whole.
"""

import json
import os
import signal

from sqlalchemy import event

from plugin.factory import create_app
from plugin.models import db
from plugin.serve import serve


def main() -> None:
    """Serve, until then."""
    app = create_app()
    statement_part, values_part = json.loads(os.environ["FREEZE"])

    def stop(_c: object, _u: object, statement: str, values: object, *_more: object) -> None:
        if statement_part in statement and values_part in words(values):
            event.remove(engine, "after_cursor_execute", stop)
            os.kill(os.getpid(), signal.SIGSTOP)

    with app.app_context():
        engine = db.engine
        event.listen(engine, "after_cursor_execute", stop)
    serve(app, worker=None)


def words(values: object) -> str:
    """Statement parameters as text; psycopg wraps JSON, and shows only its beginning."""
    rows = values if isinstance(values, list) else [values]
    found = [one for row in rows for one in (row.values() if isinstance(row, dict) else ())]
    return repr([getattr(one, "obj", one) for one in found])


if __name__ == "__main__":
    main()
