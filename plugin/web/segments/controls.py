"""The control of each condition: operators in words, and the field or choices for its value."""

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import pgettext

from plugin.core.segments.fields import DAYS, NOTHING, ONE, PAIR, Field
from plugin.models.audience.synced_property import FINE, MISSING, RETYPED
from plugin.web.segments import words
from plugin.web.segments.names import Names
from plugin.web.segments.rules import takes_days
from plugin.web.segments.tree import Node

# More choices than these open behind a button, with a field to find one.
FEW, MANY = 12, 8
SHOWN = 3
TIMES = ("moment", "date", "datetime")
# As a script counts pasted ids; the server judges again.
ID_PATTERNS = {"friend.line_user_id": "^U[0-9a-f]{32}$", "contact.id": "^[1-9][0-9]{0,18}$"}


class Option(NamedTuple):
    value: str
    label: str


class Control(NamedTuple):
    """How a condition is edited. `widget` names a part of the template; `side` colours it."""

    label: str
    section: str
    side: str
    ops: list[tuple[str, str]]
    widget: str
    options: list[Option]
    chosen: str = ""
    nothing: str = ""
    unit: str = ""
    pattern: str = ""
    takes_days: bool = False
    needs_days: bool = False
    note: str = ""
    sync_note: str = ""

    @property
    def is_ticked(self) -> bool:
        return self.widget in ("choice", "one", "several")

    @property
    def is_long(self) -> bool:
        return len(self.options) > MANY


def control_of(node: Node, names: Names) -> Control:
    field = names.field(node.field)
    if field is None:
        return _unknown(node, names)
    shape = field.operators.get(node.op, NOTHING)
    widget = _widget(field, node, shape, len(names.values(field)))
    options = _options(field, node, names) if widget in ("choice", "one", "several") else []
    chosen = [names.value(field, value) for value in node.values]
    return Control(
        label=names.label(field.name),
        section=_section(field.name),
        side="of-hubspot" if field.is_of_contact else "of-line",
        ops=[(op, words.operator_word(field, op)) for op in words.offered(field, node.op)],
        widget=widget,
        options=options,
        chosen=_chosen(chosen),
        nothing=_nothing(field),
        unit=_("days ago") if node.op == "more_than_days_ago" else _("days"),
        pattern=ID_PATTERNS.get(field.name, ""),
        takes_days=takes_days(field, node.op),
        needs_days=node.op.endswith("_within_days") and shape != DAYS,
        note=_note(field, names),
        sync_note=str(words.SYNC_NOTES["list"]) if field.type == "list" else "",
    )


def _unknown(node: Node, names: Names) -> Control:
    # Kept as it is, so that nobody loses a condition whose property is gone for the moment.
    label = names.label(node.field)
    return Control(
        label, _section(node.field), "of-hubspot", [(node.op, node.op)], "kept", [],
        note=_(
            "Nobody can be chosen by this. Remove the condition, or choose the property again on"
            " the page Sync."
        ),
    )  # fmt: skip


def _widget(field: Field, node: Node, shape: str, known: int) -> str:
    if shape in (NOTHING, DAYS):
        return "days" if shape == DAYS else "none"
    if field.type == "ids":
        return "ids"
    if field.type in TIMES:
        return "dates" if shape == PAIR else "date"
    if field.type == "number":
        return {ONE: "number", PAIR: "numbers"}.get(shape, "lines")
    if field.type == "text" or (
        node.op in ("contains", "not_contains") and field.type != "multiple"
    ):
        return "text" if shape == ONE else "lines"
    if shape == ONE:
        return "choice" if known <= FEW else "one"
    return "several"


def _options(field: Field, node: Node, names: Names) -> list[Option]:
    # What was chosen before and is gone by now stays to be seen, and to be taken out.
    offered = names.values(field)
    gone = {value: value for value in node.values if value and value not in offered}
    return [Option(value, name) for value, name in {**offered, **gone}.items()]


def _chosen(labels: list[str]) -> str:
    labels = [label for label in labels if label]
    if not labels:
        return str(_("Choose"))
    if len(labels) > SHOWN:
        return str(_("%(number)s chosen", number=len(labels)))
    return str(pgettext("values", ", ")).join(labels)


def _section(name: str) -> str:
    found = (section for section, fields in words.IN_SECTIONS.items() if name in fields)
    return str(words.SECTIONS[next(found, "property")])


def _nothing(field: Field) -> str:
    return str(words.NOTHING_TO_CHOOSE.get(field.type, _("There is nothing to choose yet.")))


def _note(field: Field, names: Names) -> str:
    row = names.properties.get(field.property_name)
    if row is None or row.state == FINE:
        return ""
    if row.state == RETYPED:
        return str(
            _(
                "HubSpot changed the type of this property. Look whether the condition still means"
                " what you want."
            )
        )
    if row.state == MISSING:
        return str(_("HubSpot has this property no more, so its values do not change."))
    return str(row.error or _("HubSpot does not give this property just now."))


class MenuItem(NamedTuple):
    name: str
    label: str


class MenuSection(NamedTuple):
    """A section of the menu of conditions. `note`: where others are chosen: on the page Sync."""

    label: str
    fields: list[MenuItem]
    note: str = ""


def menu(names: Names) -> list[MenuSection]:
    """Return the fields that a condition can be about, by section."""
    properties = [_item(f"hubspot.{name}", names) for name in names.properties]
    properties.sort(key=lambda item: item.label.casefold())
    return [
        MenuSection(
            str(label),
            [_item(name, names) for name in words.IN_SECTIONS.get(section, ())] or properties,
            str(words.SYNC_NOTES.get(section, "")),
        )
        for section, label in words.SECTIONS.items()
    ]


def _item(name: str, names: Names) -> MenuItem:
    return MenuItem(name, names.label(name))


def sync_url() -> str:
    """Return the address of the page where properties and lists are chosen."""
    return url_for("sync.overview")
