"""English sentences that a page can say in another language."""

from collections.abc import Callable

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text for the catalogues; it is translated where it is shown."""
    return text


class Sentence:
    """A text like `LINE takes %(most)d.` and its values, which may be sentences too."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text, self.values = text, values

    def __str__(self) -> str:
        return self.said(str)

    def said(self, translate: Translate) -> str:
        """The sentence in the language of `translate`, which is given texts without values."""
        values = {
            name: value.said(translate) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        # Under the empty text a catalogue keeps its own header.
        words = translate(self.text) if self.text else ""
        return words % values if values else words
