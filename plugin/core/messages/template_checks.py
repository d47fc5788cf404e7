"""Check buttons, confirm, carousel and image carousel (reference: Template messages)."""

from plugin.core.messages.action_checks import check_action
from plugin.core.messages.part import MessageNode
from plugin.core.text.sentences import N_

TITLE, SHORT_TEXT = 40, 60


def check_template(message: MessageNode) -> None:
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


def _buttons(template: MessageNode) -> None:
    _head(template, longest=160)
    for action in template.parts("actions", 1, 4, N_("button %(number)d")):
        check_action(action)


def _confirm(template: MessageNode) -> None:
    template.label("text", 240)
    for action in template.parts("actions", 2, 2, N_("button %(number)d")):
        check_action(action)


def _carousel(template: MessageNode) -> None:
    columns = template.parts("columns", 1, 10, N_("column %(number)d"))
    for column in columns:
        _head(column, longest=120)
        for action in column.parts("actions", 1, 3, N_("button %(number)d")):
            check_action(action)
    if len({_shape(column) for column in columns}) > 1:
        template.fail(
            "All columns need the same number of buttons, and all or none an image and a title."
        )


def _shape(column: MessageNode) -> tuple[int, bool, bool]:
    # LINE wants these to be alike in all columns.
    actions = column.value.get("actions")
    count = len(actions) if isinstance(actions, list) else 0
    return count, column.has("thumbnailImageUrl"), column.has("title")


def _image_carousel(template: MessageNode) -> None:
    for column in template.parts("columns", 1, 10, N_("column %(number)d")):
        column.address("imageUrl")
        check_action(column.part("action"), label=12, labelled=False)


def _head(part: MessageNode, longest: int) -> None:
    part.label("title", TITLE, required=False)
    part.address("thumbnailImageUrl", required=False)
    # An image or a title leaves less room for the text.
    has_more = part.has("title") or part.has("thumbnailImageUrl")
    part.label("text", SHORT_TEXT if has_more else longest)
    if "defaultAction" in part.value:
        check_action(part.part("defaultAction"), labelled=False)
