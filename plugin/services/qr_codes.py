"""Making the ways in, and their addresses."""

import secrets
from datetime import datetime
from typing import NamedTuple

from plugin.core.addresses import is_https
from plugin.core.clock import utcnow
from plugin.core.colours import can_be_scanned, is_colour
from plugin.core.png import as_png, read_png, shrunk
from plugin.models.base import transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode
from plugin.services import Outside

LINKAGE_TYPES = ("hubspot", "none")

LARGEST_LOGO = 200 * 1024
# As large as it is ever shown; whatever was sent is written anew at this size.
LOGO_SIDE = 256


class Choices(NamedTuple):
    """What a team may choose for a code, beside its account and its linkage type."""

    name: str
    destination: str
    tags: list[str]
    greeting: str
    starts_at: datetime | None
    ends_at: datetime | None
    dark: str
    light: str
    by_token: bool
    by_email: bool
    by_form: bool
    makes_contact: bool


def create_qr_code(account: OfficialAccount, name: str, linkage_type: str) -> QRCode:
    """A new code with an unguessable slug. Raises `ValueError` for an unknown linkage type."""
    if linkage_type not in LINKAGE_TYPES:
        raise ValueError(f"linkage_type must be one of {', '.join(LINKAGE_TYPES)}")
    code = QRCode(
        official_account=account,
        slug=secrets.token_urlsafe(9),
        name=name,
        linkage_type=linkage_type,
        created_at=utcnow(),
    )
    with transaction() as session:
        session.add(code)
    return code


def change_qr_code(code: QRCode, choices: Choices) -> None:
    """Take the choices. Raises `ValueError` for what a form must have refused already."""
    if choices.destination and not is_https(choices.destination):
        raise ValueError("destination must be an https address")
    if not (is_colour(choices.dark) and is_colour(choices.light)):
        raise ValueError("colours are written #rrggbb")
    if not can_be_scanned(choices.dark, choices.light):
        raise ValueError("the colours are too alike to be scanned")
    if choices.starts_at and choices.ends_at and choices.ends_at <= choices.starts_at:
        raise ValueError("it ends before it starts")
    with transaction():
        for name, value in choices._asdict().items():
            setattr(code, name, value)


def set_logo(code: QRCode, png: bytes) -> None:
    """Keep a logo; b"" takes it away. Raises `InvalidPicture` for what is no readable PNG."""
    logo = as_png(shrunk(read_png(png), LOGO_SIDE)) if png else None
    with transaction():
        code.logo, code.has_logo = logo, logo is not None


def archive_qr_code(code: QRCode) -> None:
    """Its page says from now on that it is over; what it linked stays."""
    with transaction():
        code.archived_at = utcnow()


def linkage_url(outside: Outside, code: QRCode, token: str = "") -> str:
    """Where the QR code, or with a token the button in an e-mail, leads."""
    address = f"{outside.settings.base_url}/l/{code.slug}"
    return f"{address}?t={token}" if token else address
