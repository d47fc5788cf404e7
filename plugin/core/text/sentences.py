"""English sentences that a page can translate."""

from collections.abc import Callable

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    return text


class Sentence:
    """A text like `LINE takes %(most)d.` and its values, which may be sentences too."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text, self.values = text, values

    def __str__(self) -> str:
        return self.translated(str)

    def translated(self, translate: Translate) -> str:
        values = {
            name: value.translated(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        # A catalogue stores its own header under the empty text.
        words = translate(self.text) if self.text else ""
        return words % values if values else words
