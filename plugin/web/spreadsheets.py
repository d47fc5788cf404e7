"""CSV files for spreadsheets, made row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

# Without it Excel reads the file in the machine's old character set.
BYTE_ORDER_MARK = "\ufeff"


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def csv_file(lines: Iterator[str], name: str) -> Response:
    """Return the response that a browser saves under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=headers)
