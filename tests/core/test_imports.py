"""What values and files say, how long it takes, and cells that do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.imports import least_calls, read_value, seconds_left, user_ids_in
from plugin.core.text.clean import safe_cell

ONE, TWO = "U" + "0a" * 16, "U" + "1b" * 16


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        (None, ("empty", "")),
        ("  ", ("empty", "")),
        (ONE, ("id", ONE)),
        (f" {ONE}\n", ("id", ONE)),
        (ONE.upper(), ("invalid_id", "")),
        (ONE[:-1], ("invalid_id", "")),
        (f"{ONE}0", ("invalid_id", "")),
        (f"x{ONE}", ("invalid_id", "")),
        (f"LINE: {ONE}", ("invalid_id", "")),
        (f"{ONE};{TWO}", ("several_ids", "")),
        (f"{ONE};{ONE}", ("invalid_id", "")),
    ],
)
def test_a_value_is_one_id_or_none(text: str | None, reading: tuple[str, str]) -> None:
    assert read_value(text) == reading


@given(st.binary(max_size=200))
def test_any_file_can_be_looked_at(file: bytes) -> None:
    assert user_ids_in(file)[1] >= 0


def test_ids_are_taken_from_any_column_once() -> None:
    file = f"name,line\nAlice,{ONE}\nBob,{TWO}\n\nAgain,{ONE}\nNobody,\n".encode()
    assert user_ids_in(file) == ([ONE, TWO], 1)
    assert user_ids_in(f"{ONE}\n{TWO}".encode("utf-16")) == ([ONE, TWO], 0)


IDS = f"{ONE}\r\n{TWO}\r\n"
NAMED = f"名前,LINE,備考\r\n山田 美咲,{ONE},表\r\n佐々木,{TWO},ソ\r\n不明,,—\r\n"
WAYS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 LE with a mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16 BE with a mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "UTF-32 with a mark": lambda text: text.encode("utf-32"),
    "Shift_JIS of Windows": lambda text: text.encode("cp932", "replace"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_line_end_and_separator_is_read(way: str, end: str, separator: str) -> None:
    for text, without in ((IDS, 0), (NAMED, 1)):
        written = text.replace("\r\n", end).replace(",", separator)
        assert user_ids_in(WAYS[way](written)) == ([ONE, TWO], without), text


@pytest.mark.parametrize(
    "text",
    [
        f'"{ONE}"\n"{TWO}"\n',
        f"{ONE},\n{TWO},\n",
        f"{ONE};;;\n{TWO};;;\n",
        f'="{ONE}"\n="{TWO}"\n',
        f"'{ONE}\n'{TWO}\n",
        f"sep=;\n{ONE};a\n{TWO};b\n",
        f"sep=\t\r\nid\tname\r\n{ONE}\ta\r\n{TWO}\tb",
        f"\n\n  \nline\n{ONE}\n{TWO}",
        f'name,line\n"Alice\nExample, Inc.",{ONE}\nBob,{TWO}\n',
        f'name,line\n"5"" pipe",{ONE}\n"unclosed,{TWO}\n',
        f"\u3000{ONE}\u3000\n\u200b{TWO}\xa0\n",
        f"{ONE}\x0b\n{TWO}\x85\n",
    ],
)
def test_what_spreadsheets_put_around_an_id_is_no_part_of_it(text: str) -> None:
    for mark in ("", "\ufeff"):
        assert user_ids_in((mark + text).encode()) == ([ONE, TWO], 0), text


def test_a_row_over_two_lines_counts_once_and_signs_in_words_cut_none() -> None:
    file = f'name,line\n"Over\ntwo lines",\n佐々木,{ONE}\nnothing here,\n'
    assert user_ids_in(file.encode()) == ([ONE], 2)
    assert user_ids_in(file.encode("cp932")) == ([ONE], 2)


@pytest.mark.parametrize(
    ("contacts", "calls"), [(0, 0), (1, 2), (250, 4), (251, 5), (100_000, 1_400)]
)
def test_the_fewest_calls(contacts: int, calls: int) -> None:
    assert least_calls(contacts) == calls


def test_the_time_left_is_what_the_limit_or_the_pace_says() -> None:
    assert seconds_left(0, 100_000, 0) == 140
    assert seconds_left(50_000, 100_000, 300) == 300
    assert seconds_left(50_000, 100_000, 20) == 70
    assert seconds_left(10, 5, 1) == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "＝1"])
def test_cells_are_no_formulas(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(ONE) == ONE
