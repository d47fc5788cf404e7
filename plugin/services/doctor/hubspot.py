"""What HubSpot says of an installation: three calls, and one more where its token is renewed."""

from collections.abc import Sequence

from plugin.core.diagnosis.doctor.verdict import Verdict, unanswered, waiting
from plugin.gateways import GatewayError, PropertyFault
from plugin.models.connections.installation import DISCONNECTED, PAUSED, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import (
    MISSING,
    READ_ONLY,
    UNFIT,
    PropertyTrouble,
)
from plugin.models.connections.property_trouble import REFUSED as VALUE_REFUSED
from plugin.services import Dependencies
from plugin.services.connections.access_token import REFUSED, portal_access
from plugin.services.connections.unanswered import refused_or_unanswered
from plugin.services.contacts.line_properties import line_properties
from plugin.services.system.notices import is_our_mistake

# Seconds for another process's renewal of the token.
PATIENCE = 3.0
# More names than these are counted by an ellipsis.
NAMED = 5
# The worst first, with the cause that each makes.
KINDS = ((MISSING, "missing"), (UNFIT, "unfit"), (READ_ONLY, "read_only"))
STATES = {PAUSED: "paused", DISCONNECTED: "disconnected"}
# HubSpot's word that it has ended the access; every other error has another cause.
ENDED = ("revoked", "unauthorized")


def hubspot_verdicts(deps: Dependencies, installation_id: int) -> list[Verdict]:
    installation = Installation.by_id(installation_id)
    if installation is None or installation.is_removed:
        return removed_verdicts()
    if not installation.is_alive:
        cause = STATES[installation.state]
        return [*waiting("hubspot", "scopes", "properties"), Verdict("installation", cause)]
    try:
        properties = _properties(deps, installation_id)
    except GatewayError as error:
        return _without_access(installation_id, error)
    answers = [Verdict("hubspot", "ok"), Verdict("installation", "ok")]
    return [*answers, _scopes(deps, installation_id), properties]


def removed_verdicts() -> list[Verdict]:
    removed = Verdict("installation", "removed")
    return [*waiting("hubspot"), removed, *waiting("scopes", "properties")]


def _properties(deps: Dependencies, installation_id: int) -> Verdict:
    wanted = line_properties(OfficialAccount.list_owned(installation_id))
    try:
        # The first call with the token, so it is renewed here where HubSpot no longer takes it.
        access = portal_access(deps, installation_id, PATIENCE)
        faults = deps.gateways.hubspot.property_faults(access, wanted)
    except GatewayError as error:
        if error.reason == "forbidden":
            return unanswered(error.message, "properties")[0]
        raise
    for kind, cause in KINDS:
        named = [fault for fault in faults if fault.kind == kind]
        if named:
            return _of_faults(cause, named)
    return _of_values(installation_id, len(wanted))


def _of_faults(cause: str, faults: Sequence[PropertyFault]) -> Verdict:
    detail = "; ".join(f"{fault.name}: {fault.words}" for fault in faults if fault.words)
    names = [fault.name for fault in faults]
    return Verdict("properties", cause, detail, {"names": _listed(names)})


def _of_values(installation_id: int, count: int) -> Verdict:
    troubles = PropertyTrouble.list_owned(installation_id)
    rows = [row for row in troubles if row.reason == VALUE_REFUSED]
    if rows:
        names = {"names": _listed([row.name for row in rows])}
        # HubSpot's words may quote a contact's value, so they stay where they are erased with it.
        return Verdict("properties", "values_refused", values=names)
    return Verdict("properties", "ok", values={"count": count})


def _scopes(deps: Dependencies, installation_id: int) -> Verdict:
    hubspot = deps.gateways.hubspot
    try:
        access = portal_access(deps, installation_id, PATIENCE)
        granted = hubspot.introspect(access.access_token).scopes
    except GatewayError as error:
        return refused_or_unanswered(error, "", "scopes")[0]
    lacking = [scope for scope in hubspot.required_scopes if scope not in granted]
    if lacking:
        return Verdict("scopes", "lacking", values={"names": _listed(lacking)})
    return Verdict("scopes", "ok")


def _without_access(installation_id: int, error: GatewayError) -> list[Verdict]:
    """Tell an installation that HubSpot refuses from a HubSpot that does not answer."""
    others = waiting("scopes", "properties")
    cause = _refusal(installation_id, error)
    if cause:
        return [
            Verdict("hubspot", "ok"),
            Verdict("installation", cause, error.message),
            *others,
        ]
    return [
        *refused_or_unanswered(error, "", "hubspot"),
        *waiting("installation"),
        *others,
    ]


def _refusal(installation_id: int, error: GatewayError) -> str:
    """Return the cause that stands for HubSpot's no; "" where it said another thing, or nothing."""
    installation = Installation.by_id(installation_id)
    # The pause that follows a refusal says the same until HubSpot is asked again.
    refused = error.reason in ENDED or error.message == REFUSED
    if error.reason == "configuration" or (refused and is_our_mistake()):
        return "our_mistake"
    if installation is None or not installation.is_alive:
        return "disconnected"
    return "refused" if refused else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
