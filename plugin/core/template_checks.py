"""Template messages: buttons, confirm, carousel, image carousel (reference: Template messages)."""

from plugin.core.action_checks import check_action
from plugin.core.message_part import Part
from plugin.core.sentences import N_

TITLE, SHORT_TEXT = 40, 60


def check_template(message: Part) -> None:
    """A message of type `template`."""
    message.text("altText", 1500)
    template = message.part("template")
    check = {
        "buttons": _buttons,
        "confirm": _confirm,
        "carousel": _carousel,
        "image_carousel": _image_carousel,
    }.get(template.text("type", 40))
    if check:
        check(template)


def _buttons(template: Part) -> None:
    _head(template, longest=160)
    for action in template.parts("actions", 1, 4, N_("button %(number)d")):
        check_action(action)


def _confirm(template: Part) -> None:
    template.label("text", 240)
    for action in template.parts("actions", 2, 2, N_("button %(number)d")):
        check_action(action)


def _carousel(template: Part) -> None:
    columns = template.parts("columns", 1, 10, N_("column %(number)d"))
    for column in columns:
        _head(column, longest=120)
        for action in column.parts("actions", 1, 3, N_("button %(number)d")):
            check_action(action)
    if len({_shape(column) for column in columns}) > 1:
        template.fail(
            "All columns need the same number of buttons, and all or none an image and a title."
        )


def _shape(column: Part) -> tuple[int, bool, bool]:
    """What LINE wants to be alike in all columns."""
    count = len(column.value["actions"])
    return count, column.has("thumbnailImageUrl"), column.has("title")


def _image_carousel(template: Part) -> None:
    for column in template.parts("columns", 1, 10, N_("column %(number)d")):
        column.address("imageUrl")
        check_action(column.part("action"), label=12, labelled=False)


def _head(part: Part, longest: int) -> None:
    """Title, image and text; an image or a title leaves less room for the text."""
    part.label("title", TITLE, required=False)
    part.address("thumbnailImageUrl", required=False)
    crowded = part.has("title") or part.has("thumbnailImageUrl")
    part.label("text", SHORT_TEXT if crowded else longest)
