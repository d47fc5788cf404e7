"""QR codes: create, change, archive, and their URLs."""

import hashlib
import secrets

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.qr_codes.settings import Choices, choices_of, fitted_logo, validated

LINKAGE_TYPES = ("hubspot", "none")


def create_qr_code(
    account: OfficialAccount, name: str, linkage_type: str, choices: Choices | None = None
) -> QRCode:
    """Raise `ValueError` for an unknown linkage type, and `InvalidChoices`."""
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
        _apply(code, validated(choices))
    with transaction() as session:
        session.add(code)
    return code


def change_qr_code(
    code: QRCode, choices: Choices, picture: bytes | None = None, seen: Seen | None = None
) -> None:
    """Store the choices and, unless `picture` is None, a logo (b"" removes it). Raise
    `InvalidChoices`, `InvalidPicture`, and `ChangedMeanwhile` if the code differs from `seen`."""
    valid = validated(choices)
    logo = fitted_logo(picture) if picture is not None else None
    with transaction() as session:
        if seen is not None:
            session.refresh(code, with_for_update={"of": QRCode})
            refuse_overwrite(seen, editable(code))
        _apply(code, valid)
        if picture is not None:
            code.logo, code.has_logo = logo, logo is not None


def set_logo(code: QRCode, picture: bytes) -> None:
    """Store a logo; b"" removes it. Raise `InvalidPicture`."""
    logo = fitted_logo(picture)
    with transaction():
        code.logo, code.has_logo = logo, logo is not None


def editable(code: QRCode) -> dict[str, object]:
    """Return everything that the form of a code can change, by name; the logo as its digest."""
    logo = hashlib.sha256(code.logo).hexdigest() if code.has_logo and code.logo else ""
    return {**choices_of(code)._asdict(), "logo": logo}


def archive_qr_code(code: QRCode) -> None:
    """Close the code's page; existing linkages stay."""
    with transaction():
        code.archived_at = utcnow()


def linkage_url(deps: Dependencies, code: QRCode, token: str = "") -> str:
    """Return the URL of the QR code or, with a token, of the button in an e-mail."""
    address = f"{deps.settings.base_url}/l/{code.slug}"
    return f"{address}?t={token}" if token else address


def _apply(code: QRCode, choices: Choices) -> None:
    for name, value in choices._asdict().items():
        setattr(code, name, value)
