"""Small functions, small files, few comments that say why: the figures, and their bounds."""

from collections import Counter
from pathlib import PurePosixPath

from tests.house.project import files, read, sources
from tests.house.proportion import (
    Proportion,
    comment_lines,
    docstring_lines,
    functions,
    repeated_runs,
)


def test_half_of_the_functions_have_at_most_8_lines(proportion: Proportion) -> None:
    assert proportion.function_median <= 8, proportion


def test_nine_tenths_of_the_functions_have_at_most_25_lines(proportion: Proportion) -> None:
    long = {name: lines for name, lines in proportion.functions.items() if lines > 25}
    assert proportion.function_ninth_tenth <= 25, long


def test_half_of_the_files_have_at_most_80_lines(proportion: Proportion) -> None:
    assert proportion.file_median <= 80, proportion


def test_no_file_has_more_than_300_lines(proportion: Proportion) -> None:
    assert not {path: lines for path, lines in proportion.files.items() if lines > 300}


def test_comments_are_neither_missing_nor_a_second_text(proportion: Proportion) -> None:
    assert 2 <= proportion.comments_per_hundred <= 5, proportion


def test_docstrings_say_what_the_names_do_not(proportion: Proportion) -> None:
    assert proportion.docstrings_per_hundred <= 8, proportion


def test_no_folder_has_more_than_20_modules() -> None:
    folders = Counter(str(PurePosixPath(path).parent) for path in files() if path.endswith(".py"))
    assert not {folder: count for folder, count in folders.items() if count > 20}


def test_no_code_is_written_twice() -> None:
    assert not repeated_runs({path: read(path) for path in sources()})


def test_the_measure_counts_whole_functions_and_comments_that_speak() -> None:
    text = (
        "#!/x\n# why\ndef a():  # noqa\n    def b():\n        return 1\n\n    return b  # or not\n"
    )
    assert dict(functions("a.py", text)) == {"a.py:3 a": 5, "a.py:4 b": 2}
    assert comment_lines(text) == 2
    assert docstring_lines('"""One.\n\nTwo."""\ndef a():\n    "three"\n') == 4


def test_a_repetition_is_seen() -> None:
    body = "".join(f"    step({number})\n" for number in range(6))
    found = repeated_runs({"a.py": f"def a():\n{body}", "b.py": f"x = 1\ndef b():\n{body}"})
    assert found == [("a.py:2", "b.py:3")]
