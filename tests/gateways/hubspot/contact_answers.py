"""What tests of contacts share: a record as HubSpot shows it, and one that is not found."""

from typing import Any

CONTACTS = "/sandbox/hubspot-api/crm/objects/2026-09/contacts"


def raw(number: int, **properties: str | None) -> dict[str, Any]:
    return {"id": str(number), "properties": properties, "archived": False, "new_field": 1}


def not_found(*ids: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some CONTACT objects",
        "context": {"ids": list(ids)},
    }
