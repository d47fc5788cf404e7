"""Core's sentences on a page."""

from flask_babel import gettext

from plugin.core.sentences import Sentence


def in_words(sentence: Sentence) -> str:
    """The sentence in the page's language."""
    return sentence.said(gettext)
