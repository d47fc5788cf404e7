"""The least of an application: `python -m tests.benchmarks.bare_app PORT DATABASE` loads Flask,
SQLAlchemy and waitress, opens the database, serves."""

import sys

import sqlalchemy
import waitress
from flask import Flask


def main(port: str, database: str) -> None:
    """Serve until killed."""
    app = Flask(__name__)
    engine = sqlalchemy.create_engine(database)

    @app.get("/healthz")
    def healthz() -> str:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
        return "ok"

    waitress.serve(app, host="127.0.0.1", port=int(port), ident=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
