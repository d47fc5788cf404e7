"""Sentences that are English where nobody translates them."""

from plugin.core.messages.names import inside, message_at, named
from plugin.core.messages.part import InvalidMessage
from plugin.core.text.sentences import Sentence

GERMAN = {
    "%(place)s: %(problem)s": "%(place)s – %(problem)s",
    "Message %(number)d": "Nachricht %(number)d",
    "%(place)s, %(inner)s": "%(inner)s in %(place)s",
    "At most %(most)d in %(name)s.": "In %(name)s höchstens %(most)d.",
    "text": "Text",
}


def german(text: str) -> str:
    assert text
    return GERMAN.get(text, text)


def test_sentences_inside_a_sentence_are_translated_too() -> None:
    place = inside(message_at(2), named("text"))
    problem = Sentence("At most %(most)d in %(name)s.", most=4, name=named("text"))
    error = InvalidMessage("%(place)s: %(problem)s", place=place, problem=problem)
    assert str(error) == "Message 2, text: At most 4 in text."
    assert error.problem.translated(german) == "Text in Nachricht 2 – In Text höchstens 4."


def test_what_people_wrote_is_neither_translated_nor_formatted() -> None:
    assert named("%s") == "%s"
    assert str(inside(None, "100 %")) == "100 %"
    mine = Sentence("At most %(most)d in %(name)s.", most=1, name="text %(most)d")
    assert mine.translated(german) == "In text %(most)d höchstens 1."
    assert Sentence("").translated(german) == ""
