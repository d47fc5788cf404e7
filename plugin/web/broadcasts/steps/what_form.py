"""The step "what": one variant's messages in the editor, and the settings of a split test."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import request
from flask_babel import gettext as _

from plugin.core.messages.compose import MessageExtras
from plugin.core.messages.drafts import Draft
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.broadcasts.drafts import SET_WITH_MESSAGES, Content
from plugin.web.broadcasts.steps.typed import Typed, as_text
from plugin.web.message_templates.editor.draft import (
    apply_action,
    drafts_of,
    extras_of,
    new_draft,
    stored_drafts,
)
from plugin.web.message_templates.preview import Shown, shown_drafts, shown_messages
from plugin.web.message_templates.problems import Checked, FieldProblem, check_content, plain
from plugin.web.owned import row_id
from plugin.web.session import tenant

TEMPLATE, WRITTEN = "template", "written"
MOST_TEMPLATES = 500
MOST_HOURS = 7 * 24
LONGEST_SETTING = 20


class Editor(NamedTuple):
    """The content of the step's form, saved or not; `template`: the chosen one's id, or 0;
    `settings`: those of the broadcast, as they are typed."""

    source: str
    template: int
    drafts: list[Draft]
    extras: MessageExtras = MessageExtras()
    tracks_links: bool = True
    settings: Mapping[str, str] = MappingProxyType({})
    problems: tuple[FieldProblem, ...] = ()
    # Who changed the draft since this form was loaded.
    overtaken_by: str = ""
    # The draft was saved or discarded since.
    has_ended: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """What is kept of it in a draft."""
        return {
            "source": self.source,
            "template": self.template,
            "drafts": self.drafts,
            "extras": dict(self.extras._asdict()),
            "tracks_links": self.tracks_links,
            "settings": dict(self.settings),
        }


def templates_of(broadcast: Broadcast) -> list[Template]:
    account_id = broadcast.official_account_id
    statement = Template.owned(tenant()).where(Template.official_account_id == account_id)
    return list(db.session.scalars(statement.order_by(Template.id.desc()).limit(MOST_TEMPLATES)))


def saved_editor(broadcast: Broadcast, variant: Variant | None) -> Editor:
    """Return what is saved; a variant that is not there yet begins with the library's templates,
    where there are any."""
    settings = _settings(broadcast)
    if variant is None:
        usual = TEMPLATE if templates_of(broadcast) else WRITTEN
        return Editor(usual, 0, [new_draft("text")], settings=settings)
    if variant.template_id:
        return Editor(TEMPLATE, variant.template_id, [new_draft("text")], settings=settings)
    drafts, extras = stored_drafts(variant.messages)
    return Editor(WRITTEN, 0, drafts, extras, variant.tracks_links, settings)


def _settings(broadcast: Broadcast) -> dict[str, str]:
    return {name: as_text(getattr(broadcast, name)) for name in SET_WITH_MESSAGES}


def kept_editor(draft: VariantDraft) -> Editor:
    """Return what a draft keeps; what is odd in it counts as absent."""
    content, settings = draft.content, draft.content.get("settings") or {}
    drafts = [each for each in content.get("drafts") or [] if isinstance(each, dict)]
    return Editor(
        TEMPLATE if content.get("source") == TEMPLATE else WRITTEN,
        int(content.get("template") or 0),
        drafts,
        MessageExtras.of(dict(content.get("extras") or {})),
        content.get("tracks_links") is not False,
        {name: str(settings.get(name) or "") for name in SET_WITH_MESSAGES},
    )


def submitted_editor(broadcast: Broadcast) -> Editor:
    """Return what was submitted, after the action of the button that was pressed."""
    form = request.form
    drafts = apply_action(drafts_of(form), form.get("act", ""))
    source = TEMPLATE if form.get("source") == TEMPLATE else WRITTEN
    tracks = form.get("tracks_links") == "yes"
    # The form has the settings of a split test where there is one.
    usual = {**_settings(broadcast), "silent": ""}
    settings = {
        name: form.get(name, usual[name]).replace("\0", "")[:LONGEST_SETTING]
        for name in SET_WITH_MESSAGES
    }
    chosen = row_id(form.get("template", ""))
    return Editor(source, chosen, drafts, extras_of(form), tracks, settings)


def content_of(broadcast: Broadcast, editor: Editor) -> tuple[Content | None, Checked]:
    """Return what the editor sends, None where something is wrong with it; what LINE says too."""
    if editor.source == TEMPLATE:
        template = own_template(broadcast, editor.template)
        if template is None:
            problem = plain("template", _("Choose a template of this account."))
            return None, Checked([], (problem,))
        return Content(template_id=template.id), Checked([], (), by_line=True)
    if not editor.drafts:
        problem = plain("", _("Write a message, or choose a template."))
        return None, Checked([], (problem,))
    checked = check_content(broadcast.official_account, editor.drafts, editor.extras)
    content = Content(checked.messages, None, editor.tracks_links)
    return (None if checked.problems else content), checked


def own_template(broadcast: Broadcast, template_id: int) -> Template | None:
    template = Template.find_owned(tenant(), template_id) if template_id else None
    fits = template and template.official_account_id == broadcast.official_account_id
    return template if fits else None


def preview_of(broadcast: Broadcast, editor: Editor, friend: Friend | None) -> Shown:
    if editor.source == WRITTEN:
        return shown_drafts(editor.drafts, editor.extras, friend)
    template = own_template(broadcast, editor.template)
    messages = TemplateVersion.current(template).messages if template else []
    return shown_messages(messages, friend)


def tracks_links(broadcast: Broadcast, variant: Variant) -> bool:
    template = own_template(broadcast, variant.template_id or 0)
    return TemplateVersion.current(template).tracks_links if template else variant.tracks_links


def settings_of(typed: Typed, split: bool) -> dict[str, Any]:
    """Return the draft's settings in this form."""
    settings: dict[str, Any] = {"silent": typed.flag("silent")}
    if split:
        settings["split_percent"] = typed.needed("split_percent", 1, 100) or 100
        settings["split_by"] = typed.choice("split_by", ("taps", "goal"), "taps")
        settings["split_hours"] = typed.needed("split_hours", 1, MOST_HOURS) or 4
    return settings
