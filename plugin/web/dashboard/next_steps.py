"""What is next, from the empty account to the first broadcast."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, exists, select

from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import DRAFT, Broadcast
from plugin.models.connections.installation import Installation
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.sending.template import Template
from plugin.models.system.activity import SENT, has_any


class Step(NamedTuple):
    """`action` labels the button to `url`."""

    name: str
    title: str
    why: str
    done: bool
    action: str = ""
    url: str = ""


def next_steps(installation: Installation, account_ids: Sequence[int], linked: int) -> list[Step]:
    """Return all steps in their order; of the accounts that are looked at."""
    return [
        Step("install", _("Install into HubSpot"), installation.hub_domain, done=True),
        Step(
            "connect",
            _("Connect a LINE Official Account"),
            _("Musubi needs its two channels to know your friends and to write to them."),
            bool(account_ids),
            _("Connect an account"),
            url_for("settings.connect"),
        ),
        *_linking(account_ids, linked),
        *_writing(account_ids),
    ]


def _linking(account_ids: Sequence[int], linked: int) -> list[Step]:
    codes = select(QRCode.id).where(
        QRCode.official_account_id.in_(account_ids), QRCode.archived_at.is_(None)
    )
    return [
        Step(
            "code",
            _("Create a QR code"),
            _("Friends scan it to link themselves with their HubSpot contact."),
            _any(codes),
            _("Create a QR code"),
            url_for("qr_codes.new_qr_code"),
        ),
        Step(
            "link",
            _("Link the first friend"),
            _("Scan the code with LINE yourself, and see what your friends will see."),
            linked > 0,
            _("Open the QR codes"),
            url_for("qr_codes.qr_codes"),
        ),
    ]


def _writing(account_ids: Sequence[int]) -> list[Step]:
    templates = select(Template.id).where(Template.official_account_id.in_(account_ids))
    segments = select(Segment.id).where(
        Segment.official_account_id.in_(account_ids), Segment.ready == ""
    )
    broadcasts = select(Broadcast.id).where(
        Broadcast.official_account_id.in_(account_ids), Broadcast.state != DRAFT
    )
    has_template = _any(templates)
    return [
        Step(
            "message",
            _("Send the first message"),
            _("Write a template, and send it to yourself to see it on your phone."),
            has_any(account_ids, SENT),
            _("Open the templates") if has_template else _("Write a template"),
            url_for(f"message_templates.{'templates' if has_template else 'new_template'}"),
        ),
        Step(
            "segment",
            _("Make the first segment"),
            _("A rule that chooses friends, by what HubSpot knows and what they did."),
            _any(segments),
            _("Make a segment"),
            url_for("segments.new_segment"),
        ),
        Step(
            "broadcast",
            _("Send the first broadcast"),
            _("One message to a segment or to all friends; you check it before anything goes out."),
            _any(broadcasts),
            _("Begin a broadcast"),
            url_for("broadcasts.new_broadcast"),
        ),
    ]


def _any(statement: Select[tuple[int]]) -> bool:
    return bool(db.session.scalar(select(exists(statement))))
