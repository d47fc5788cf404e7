"""What HubSpot shows of personal links: the newest good one of each contact."""

from collections.abc import Sequence

from plugin.core.properties import suffixed
from plugin.models.installation import Installation
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken
from plugin.services import Outside
from plugin.services.linkage_tokens import token_text
from plugin.services.qr_codes import linkage_url

Values = dict[str, str]


def linkage_values(
    outside: Outside, installation: Installation, contacts: Sequence[Contact]
) -> dict[int, Values]:
    """By contact row, the two properties for each account on which a link was ever given.

    A link that was taken back is cleared, so that no e-mail carries it from then on. One that was
    used stays: whoever presses it again hears that all is well.
    """
    newest: dict[tuple[int, str], LinkageToken] = {}
    for row, token in LinkageToken.of_contacts(contacts):
        place = row, token.qr_code.official_account.property_suffix
        standing = newest.get(place)
        if standing is None or token.is_live or not standing.is_live:
            newest[place] = token
    values: dict[int, Values] = {contact.id: {} for contact in contacts}
    for (row, suffix), token in newest.items():
        if token.used_at is None:
            shown = _shown(outside, installation, token)
            values[row].update(suffixed(shown, suffix))
    return values


def _shown(outside: Outside, installation: Installation, token: LinkageToken) -> Values:
    if token.revoked_at is not None:
        return {"line_linkage_token": "", "line_linkage_url": ""}
    text = token_text(outside, token, installation.portal_id, token.contact.contact_id)
    url = linkage_url(outside, token.qr_code, text)
    return {"line_linkage_token": text, "line_linkage_url": url}
