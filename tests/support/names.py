"""Latin words that stand in every language as they are: names, formats, and what programs read."""

import re

# Companies, their products and what those call their parts; formats, units and abbreviations; keys
# of a keyboard, settings, what stands in JSON or in an address; examples.
_KEPT = """
Musubi LINE HubSpot LIFF Messaging Login Official Account Manager Developers Provider Console
Channel secret
OpenID Connect Flex Message QuickTime JavaScript Cookie Webhook Standard Webhooks
ID URL QR API JSON CSV HTML HTTP HTTPS PNG JPEG GIF WebP SVG PDF HEIC MP4 UTM CTA TLS DNS IP
NTP AI MCP CPU Bearer
SMTP Web UTF-8 MB KB cm A4 A5 A6 AB H.264 T10
JPY THB TWD IDR USD EUR
Shift Delete Enter Ctrl Esc HUBSPOT_CLIENT_ID HUBSPOT_CLIENT_SECRET SMTP_URL MAIL_FROM
BASE_URL SCHEDULER WEBHOOK_PRIVATE_NETWORKS
all any none type mode size index date time datetime data items area actions columns contents
baseSize baseUrl deliveryTag displayText linkUri originalContentUrl uri
duration bubble carousel giga substitution null capped urlencode
line_user_id personalization_token http https contact. b3312d
Asia Tokyo Taipei Alice FRIEND10 NEWS
"""
NAMES = set(_KEPT.split())
# What the platforms' own pages call their fields, switches and menus, as far as these are shown in
# English there; and the workflow actions, which HubSpot shows in English and Japanese alone.
SCREENS = (
    "LINE User ID", "User ID", "Channel ID", "Channel secret", "Callback URL", "Callback ID",
    "Package ID", "Alias ID", "Request ID", "Basic settings", "Create a new channel",
    "LINE Login（web app）", "LINE Login (web app)", "Linked LINE Official Account",
    "Email address permission > Apply", "Webhook settings", "Webhook URL > Edit", "Use webhook",
    "400 Bad Request",
    "Developing", "Published", "Send test email", "Receive email as specific contact",
    "Link to: URL", "Settings > Properties > Archived", "Settings > Properties",
    "Settings → Marketing → Email → Personalization", "is known", "Time Zone", "Wait for (hours)",
    "Send LINE message", "Generate LINE linkage URL", "LINE linkage URL", "LINE user ID", "Web app",
    "flask --app app db upgrade", "SCHEDULER=on",
)  # fmt: skip
# Values, tags, tokens, addresses, paths.
NO_WORDS = re.compile(
    r"%\([^)]*\)[a-z]|<[^>]+>|\{\{.*?\}\}|https?://\S+|(?<!\w)/[a-z][\w/-]*|[\w.+-]+@[\w.]+"
)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*[A-Za-z0-9_.]")


def without_names(text: str) -> str:
    """The text without values, tags and the names of the platforms' screens."""
    rest = NO_WORDS.sub(" ", text)
    for screen in SCREENS:
        rest = rest.replace(screen, " ")
    return rest


def latin_words(text: str) -> set[str]:
    """The words in Latin letters, two at least, that are no name."""
    return set(WORD.findall(without_names(text))) - NAMES
