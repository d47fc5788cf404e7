"""What is wrong with a form of the inbox's settings, all of it at once."""

from collections.abc import Mapping

from plugin.core.text.sentences import Sentence


class FieldsRefused(ValueError):
    """Nothing was stored; `problems` says by field what is wrong."""

    def __init__(self, problems: Mapping[str, Sentence]) -> None:
        super().__init__(" ".join(map(str, problems.values())))
        self.problems = problems
