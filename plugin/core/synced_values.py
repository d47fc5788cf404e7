"""How much is kept of a property's value, and what a first choice would be."""

# What segments compare is indexed, and an index holds no long text. The others may be long notes,
# or many checked boxes.
LONGEST_INDEXED, LONGEST = 500, 10_000
ELLIPSIS = "…"
# HubSpot's own properties that most teams want first; the app subscribes to their changes.
SUGGESTED = (
    "firstname",
    "lastname",
    "email",
    "phone",
    "company",
    "lifecyclestage",
    "hubspot_owner_id",
)
MOST_PROPERTIES, MOST_LISTS = 50, 50


def kept(text: str, longest: int) -> str:
    """Return the text, cut where it is longer; an ellipsis says so."""
    return text if len(text) <= longest else text[: longest - 1] + ELLIPSIS


def is_cut(text: str) -> bool:
    return len(text) in (LONGEST_INDEXED, LONGEST) and text.endswith(ELLIPSIS)
