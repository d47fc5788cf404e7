"""Indexes that hold a part of a table, for what is done about the few among many."""

from sqlalchemy import Index, text


def partial_index(name: str, *columns: str, part: str) -> Index:
    """An index of the rows in `part`; it serves queries that name the part so."""
    # In the words in which each database is asked for it; SQLite compares them to the letter.
    return Index(
        name,
        *columns,
        sqlite_where=text(part.replace("IS true", "IS 1")),
        postgresql_where=text(part),
    )
