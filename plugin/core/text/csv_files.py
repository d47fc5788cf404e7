"""Read the rows of a CSV file, whichever program wrote it and in whichever encoding."""

import codecs
import csv
import io
import re

# The longer mark comes first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DELIMITERS = ",;\t"
_ANY_DELIMITER = re.compile(f"[{_DELIMITERS}]")
_LINE_END = re.compile(r"\r\n|\r|\n")
# Excel reads and writes this first line where the separator is not the country's usual one.
_DECLARED = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
# Enough text to recognise an encoding and a delimiter.
_SAMPLE = 8192


def rows_of(file: bytes) -> list[list[str]]:
    """Return all rows, blank ones too. A file that is not well-formed CSV is split at its lines."""
    text = decoded(file)
    declared = _DECLARED.match(text)
    if declared:
        text = text[declared.end() :]
    delimiter = declared[1] if declared and declared[1] in _DELIMITERS else _most_used(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return list(reader)
    except csv.Error:
        # An unclosed quotation mark would swallow every row that follows.
        return [_ANY_DELIMITER.split(line) for line in _LINE_END.split(text)]


def decoded(file: bytes) -> str:
    for mark, encoding in _MARKS:
        if file.startswith(mark):
            return file.removeprefix(mark).decode(encoding, "replace")
    wide = _utf_16(file[:_SAMPLE])
    if wide:
        return file.decode(wide, "replace")
    # Excel in Japan writes Windows' Shift_JIS (cp932) by default.
    for encoding in ("utf-8", "cp932"):
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    return file.decode("latin-1")


def _utf_16(sample: bytes) -> str:
    """Guess the byte order of UTF-16 without a mark, or "": each pair of ASCII has a zero."""
    pairs = len(sample) // 2
    high_first = sample[0 : 2 * pairs : 2].count(0)
    low_first = sample[1 : 2 * pairs : 2].count(0)
    if not pairs or max(high_first, low_first) * 4 < pairs:
        return ""
    return "utf-16-be" if high_first > low_first else "utf-16-le"


def _most_used(text: str) -> str:
    sample = text[:_SAMPLE]
    return max(_DELIMITERS, key=sample.count)
