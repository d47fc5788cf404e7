"""Small functions, small files, few comments that say why: the figures, and their bounds."""

from tests.house.proportion import Proportion, comment_lines, functions


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
    # The aim is 2 to 6; these are the outer bounds.
    assert 1 <= proportion.comments_per_hundred <= 10, proportion


def test_the_measure_counts_whole_functions_and_comments_that_speak() -> None:
    text = (
        "#!/x\n# why\ndef a():  # noqa\n    def b():\n        return 1\n\n    return b  # or not\n"
    )
    assert dict(functions("a.py", text)) == {"a.py:3 a": 5, "a.py:4 b": 2}
    assert comment_lines(text) == 2
