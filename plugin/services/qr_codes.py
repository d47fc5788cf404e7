"""Making the ways in, and their addresses."""

import secrets

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode
from plugin.services import Outside
from plugin.services.qr_choices import Choices, fitted_logo, settled

LINKAGE_TYPES = ("hubspot", "none")


def create_qr_code(
    account: OfficialAccount, name: str, linkage_type: str, choices: Choices | None = None
) -> QRCode:
    """A new code with an unguessable slug. Raises `ValueError` for an unknown linkage type, and
    `InvalidChoices`."""
    if linkage_type not in LINKAGE_TYPES:
        raise ValueError(f"linkage_type must be one of {', '.join(LINKAGE_TYPES)}")
    code = QRCode(
        official_account=account,
        slug=secrets.token_urlsafe(9),
        name=name,
        linkage_type=linkage_type,
        created_at=utcnow(),
    )
    if choices is not None:
        _take(code, settled(choices))
    with transaction() as session:
        session.add(code)
    return code


def change_qr_code(code: QRCode, choices: Choices) -> None:
    """Take the choices. Raises `InvalidChoices`."""
    kept = settled(choices)
    with transaction():
        _take(code, kept)


def set_logo(code: QRCode, picture: bytes) -> None:
    """Keep a logo; b"" takes it away. Raises `InvalidPicture`."""
    logo = fitted_logo(picture)
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


def _take(code: QRCode, choices: Choices) -> None:
    for name, value in choices._asdict().items():
        setattr(code, name, value)
