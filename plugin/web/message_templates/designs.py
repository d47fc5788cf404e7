"""The gallery of ready designs: drawn with their example words, and begun with them."""

from flask import request, url_for

from plugin.core.messages.designs.shapes import CAROUSELS, DESIGNS, Design
from plugin.core.messages.drafts import Draft, message_of
from plugin.core.messages.part import InvalidMessage
from plugin.core.text.sentences import Sentence
from plugin.guards import get_deps
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.preview import PreviewMessage, preview_messages

# Where a button leads is for the marketer to say; nothing goes out before that.
NOWHERE = "https://"
PICTURE = "design-picture.jpg"


@blueprint.get("/templates/gallery")
def gallery() -> str:
    """Show the designs; `?inside=editor` returns only their tiles, as buttons of its form."""
    inside = request.args.get("inside") == "editor"
    shown = [(name, design_words(name), _example(name)) for name in DESIGNS]
    name = "message_templates/gallery_tiles.html" if inside else "message_templates/gallery.html"
    return page(name, "templates", designs=shown, inside=inside)


def design_words(name: str) -> str:
    return in_words(Sentence(DESIGNS[name].name)) if name in DESIGNS else name


def new_design(name: str) -> Draft:
    """Return a design's draft with its first words in the reader's language."""
    design = DESIGNS[name]
    fields: Draft = {field: in_words(Sentence(text)) for field, text in design.starter.items()}
    if design.pictured:
        fields["image_url"] = example_picture()
    fields["actions"] = _buttons(design)
    whole = {"design": name, "colour": design.colour}
    if name in CAROUSELS:
        cards = [fields, {**fields, "actions": _buttons(design)}]
        return {"kind": "design_cards", **whole, "cards": cards}
    return {"kind": "design", **whole, **fields}


def example_picture() -> str:
    """Return the address of our own picture; "" where LINE could not fetch it."""
    base = get_deps().settings.base_url
    secure = base.startswith("https://")
    return f"{base}{url_for('static', filename=PICTURE)}" if secure else ""


def _buttons(design: Design) -> list[Draft]:
    to = "" if design.says else NOWHERE
    return [{"label": in_words(Sentence(label)), "to": to} for label in design.buttons]


def _example(name: str) -> list[PreviewMessage]:
    draft = new_design(name)
    # The gallery's own picture can always be shown, even where LINE could not fetch it.
    shown = url_for("static", filename=PICTURE)
    for part in [draft, *draft.get("cards", [])]:
        if DESIGNS[name].pictured:
            part["image_url"] = shown
    try:
        return preview_messages([message_of(draft)])
    except InvalidMessage as error:
        return [{"type": "problem", "text": in_words(error.problem)}]
