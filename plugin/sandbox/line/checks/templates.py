"""Template messages: buttons, confirm, carousel, image carousel."""

from typing import Any

from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.actions import check_action
from plugin.sandbox.line.checks.rules import Problems

Template = dict[str, Any]
KINDS = ("buttons", "confirm", "carousel", "image_carousel")


def check_template(template: Any, path: str, problems: Problems) -> None:
    if not isinstance(template, dict):
        problems.add("May not be empty", path)
        return
    rules.choice(template, "type", path, problems, KINDS)
    check = {
        "buttons": _buttons,
        "confirm": _confirm,
        "carousel": _carousel,
        "image_carousel": _image_carousel,
    }.get(str(template.get("type")))
    if check:
        check(template, path, problems)


def _buttons(template: Template, path: str, problems: Problems) -> None:
    _head(template, path, problems, longest=160)
    _actions(template, path, problems, 1, 4)


def _confirm(template: Template, path: str, problems: Problems) -> None:
    rules.text(template, "text", path, problems, 240, count=rules.graphemes)
    _actions(template, path, problems, 2, 2)


def _carousel(template: Template, path: str, problems: Problems) -> None:
    columns = rules.items(template, "columns", path, problems, 1, 10)
    for place, column in enumerate(columns):
        where = f"{path}.columns[{place}]"
        if not isinstance(column, dict):
            problems.add("May not be empty", where)
            continue
        _head(column, where, problems, longest=120)
        _actions(column, where, problems, 1, 3)
    # The commonest refusal of all, and LINE's answer does not say which column differs.
    if len({_shape(column) for column in columns}) > 1:
        problems.add("All columns must have the same shape", f"{path}.columns")


def _shape(column: Any) -> tuple[int, bool, bool]:
    # Columns must agree in these: number of actions, image, title.
    if not isinstance(column, dict):
        return (0, False, False)
    actions = column.get("actions")
    count = len(actions) if isinstance(actions, list) else 0
    return (count, "thumbnailImageUrl" in column, "title" in column)


def _image_carousel(template: Template, path: str, problems: Problems) -> None:
    for place, column in enumerate(rules.items(template, "columns", path, problems, 1, 10)):
        where = f"{path}.columns[{place}]"
        if not isinstance(column, dict):
            problems.add("May not be empty", where)
            continue
        rules.address(column, "imageUrl", where, problems)
        action = column.get("action")
        check_action(action, f"{where}.action", problems, label=12, labelled=False)


def _head(holder: Template, path: str, problems: Problems, longest: int) -> None:
    # Text, title and picture; the text is shorter beside a title or a picture.
    adorned = "title" in holder or "thumbnailImageUrl" in holder
    limit = 60 if adorned else longest
    rules.text(holder, "text", path, problems, limit, count=rules.graphemes)
    rules.text(holder, "title", path, problems, 40, required=False, count=rules.graphemes)
    rules.address(holder, "thumbnailImageUrl", path, problems, required=False)


def _actions(holder: Template, path: str, problems: Problems, least: int, most: int) -> None:
    for place, action in enumerate(rules.items(holder, "actions", path, problems, least, most)):
        check_action(action, f"{path}.actions[{place}]", problems)
