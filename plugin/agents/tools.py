"""The tools that agents have: which operations of the API, and where a person goes on."""

from typing import Any, NamedTuple


class Tool(NamedTuple):
    """`operation`: its method and path in the API. `page`: where a person finishes what was
    drafted, with members of the answer in it."""

    name: str
    title: str
    about: str
    operation: tuple[str, str]
    page: str = ""

    @property
    def drafts(self) -> bool:
        return bool(self.page)


def _get(name: str, title: str, path: str, about: str) -> Tool:
    return Tool(name, title, about, ("get", path))


TOOLS = (
    _get(
        "list_official_accounts", "Official Accounts", "/official-accounts",
        "The LINE Official Accounts of this HubSpot portal. Most other tools want the id of one.",
    ),
    _get(
        "find_friends", "Find friends", "/friends",
        "LINE friends with the HubSpot contact each is linked with. Filter by words, tag, status,"
        " linkage or segment; send `after` of an answer back for the next page.",
    ),
    _get("get_friend", "One friend", "/friends/{friend_id}", "One friend, whole."),
    _get(
        "explain_friend", "Why not linked, why not reached", "/friends/{friend_id}/why",
        "Why a friend is not linked with a contact, and what would keep a message from them now.",
    ),
    _get("list_tags", "Tags", "/tags", "Tags, and how many friends carry each."),
    _get(
        "list_conflicts", "Conflicts", "/conflicts",
        "Linkages that two sides disagree about and that a person has to decide.",
    ),
    _get(
        "get_sync_settings", "Kept properties and lists", "/sync-settings",
        "The HubSpot contact properties and lists that segments can compare.",
    ),
    _get("list_segments", "Segments", "/segments", "Saved rules that choose friends."),
    _get(
        "get_segment", "One segment", "/segments/{segment_id}",
        "A segment's rule, how many friends it chooses now, and what uses it.",
    ),
    Tool(
        "preview_segment", "Try a rule",
        "Count whom a rule would choose, who can be reached, and why the others cannot. Stores"
        " nothing.",
        ("post", "/segments/preview"),
    ),
    _get("list_templates", "Templates", "/templates", "Messages for workflows and broadcasts."),
    _get("get_template", "One template", "/templates/{template_id}", "A template's messages."),
    _get("list_broadcasts", "Broadcasts", "/broadcasts", "Broadcasts, the newest first."),
    _get(
        "get_broadcast", "One broadcast", "/broadcasts/{broadcast_id}",
        "A broadcast's state, how many got it, and why the others did not.",
    ),
    _get(
        "check_broadcast", "Check a broadcast", "/broadcasts/{broadcast_id}/check",
        "Who would get a draft now, who not and why, whether the month's messages suffice, and what"
        " has to be mended before a person can send it.",
    ),
    _get(
        "get_results", "Results of a broadcast", "/broadcasts/{broadcast_id}/results",
        "What came of a broadcast: taps, blocks and goals of each variant beside those held out,"
        " taps by link, and the cost.",
    ),
    _get(
        "list_recipients", "Recipients", "/broadcasts/{broadcast_id}/recipients",
        "The people a broadcast chose, with what became of each.",
    ),
    _get(
        "get_sending_rules", "Rules of sending", "/sending-rules/{account_id}",
        "An account's frequency cap, quiet hours, approval and price of a message.",
    ),
    _get("list_deliveries", "Deliveries", "/deliveries", "Messages handed to LINE, with results."),
    _get(
        "list_conversations", "Conversations", "/conversations",
        "Who wrote to the account, and who of the team answers them.",
    ),
    _get(
        "read_conversation", "One conversation", "/conversations/{conversation_id}/messages",
        "What was written in a conversation, the newest first.",
    ),
    _get(
        "get_doctor", "The doctor's report", "/doctor",
        "What the last check of HubSpot, LINE and Musubi itself found, with the mend of each.",
    ),
    Tool(
        "draft_segment", "Draft a segment",
        "Save a new segment. Nothing is sent to it until a person broadcasts to it.",
        ("post", "/segments"),
        "/segments/{id}/edit",
    ),
    Tool(
        "draft_template", "Draft a template",
        "Keep messages as an unpublished draft in the template editor. A person publishes it.",
        ("post", "/template-drafts"),
        "/templates/new?draft={id}",
    ),
    Tool(
        "draft_template_change", "Draft a change of a template",
        "Write a draft of a template that is in use. What is sent stays as it was until a person"
        " publishes the draft.",
        ("put", "/templates/{template_id}/draft"),
        "/templates/{template}",
    ),
    Tool(
        "draft_broadcast", "Draft a broadcast",
        "Prepare a broadcast to all friends, a segment, a list or given ids. It stays a draft: only"
        " a person can send it, on the page that the answer names.",
        ("post", "/broadcasts"),
        "/broadcasts/{id}/check",
    ),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}
INSTRUCTIONS = """Musubi links HubSpot contacts with LINE friends and sends them LINE messages.
You can read, and draft segments, templates and broadcasts. You cannot send: give the person the
address in `open`; there they see who would get it, and press Send themselves. Begin with
list_official_accounts. Before you draft a broadcast, try its rule with preview_segment and tell the
person the count and who is left out. Messages are LINE message objects; personalise with
{{ contact.firstname | default('there') }}."""


def page_of(tool: Tool, base_url: str, answer: dict[str, Any]) -> str:
    """Return the address of the page on which a person goes on."""
    return base_url + tool.page.format(**answer)
