"""The sentences behind the question marks, each with the section of a guide that says more."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _

from plugin.web.guides.blueprint import blueprint


class Topic(NamedTuple):
    """`subject` names it for screen readers; `anchor` is a section of `guide` in all languages."""

    subject: str
    sentence: str
    guide: str
    anchor: str


def _marketer(subject: str, sentence: str, anchor: str) -> Topic:
    return Topic(subject, sentence, "marketer", anchor)


def _administrator(subject: str, sentence: str, anchor: str) -> Topic:
    return Topic(subject, sentence, "administrator", anchor)


def _developer(subject: str, sentence: str, anchor: str) -> Topic:
    return Topic(subject, sentence, "developer", anchor)


TOPICS: dict[str, Topic] = {
    # Linking
    "linked": _marketer(
        _("Linked"),
        _("A friend is linked once they have logged in with LINE and agreed, or your team has said"
          " which contact they are."),
        "linked"),
    "linkage_type": _marketer(
        _("Linkage Type"),
        _("With HubSpot integration the friend logs in, agrees, and is linked; with none they only"
          " add the account."),
        "linkage-type"),
    "which_contact": _marketer(
        _("Which contact is the friend?"),
        _("The ways are tried from top to bottom, and nothing is guessed: where none knows, nobody"
          " is linked."),
        "which-contact"),
    "personal_links": _marketer(
        _("Personal links"),
        _("A personal link names one contact, works once, and ends on its day; nothing is sent by"
          " preparing it."),
        "email"),
    "import_property": _marketer(
        _("Property with LINE User IDs"),
        _("A contact property in which another tool keeps LINE User IDs; only IDs of your own LINE"
          " provider name a friend here."),
        "import-property"),
    "friends_from_line": _marketer(
        _("Friends from LINE"),
        _("LINE lists friends to verified and premium accounts only; with others they become known"
          " one by one."),
        "friends-from-line"),
    "conflicts": _marketer(
        _("Conflicts"),
        _("Where one of the two is linked otherwise, nothing moves until somebody decides."),
        "conflicts"),
    "not_linked": _marketer(
        _("Why not linked or reached?"),
        _("The first point that is not in order is the one to mend; what comes after depends on"
          " it."),
        "not-linked"),
    # Messages and people
    "contact_details": _marketer(
        _("Details of the contact"),
        _("They are filled in when the message goes out; without a default, whoever lacks the value"
          " gets nothing."),
        "contact-details"),
    "tracked_links": _marketer(
        _("Counted links"),
        _("The address leads through Musubi, which notes who tapped and goes on at once."),
        "tracked-links"),
    "conditions": _marketer(
        _("How conditions combine"),
        _("Who has no value does not match “is”, and does match “is not”."),
        "conditions"),
    "sync": _marketer(
        _("Sync"),
        _("Only what you choose here is kept, for linked contacts only; segments compare it."),
        "sync"),
    "tags": _marketer(
        _("Tags"),
        _("Tags mark friends here and appear in HubSpot; codes, workflows and people give them."),
        "tags"),
    # Broadcasts
    "check": _marketer(
        _("The check"),
        _("Whom you chose is whom it reaches plus everybody left out, each reason with its people;"
          " nothing goes out before you press the button."),
        "check"),
    "pace": _marketer(
        _("How fast?"),
        _("A slower pace keeps the shop, the phone or your site from being overrun."),
        "pace"),
    "budget": _marketer(
        _("How many?"),
        _("With a limit, those who are most likely to tap get the message first."),
        "budget"),
    "holdout": _marketer(
        _("Hold out"),
        _("Some people get nothing, by chance, so that their behaviour shows what the message"
          " itself did."),
        "holdout"),
    "split_test": _marketer(
        _("Split test"),
        _("Some get one of the variants each; the better one goes to the rest."),
        "split-test"),
    "opens": _marketer(
        _("Opened, as LINE counts"),
        _("LINE tells a number from 20 people on, and never who; taps name people."),
        "opens"),
    # Rules
    "frequency_cap": _marketer(
        _("Frequency cap"),
        _("At most so many messages for each friend within so many days; broadcasts and workflows"
          " count together."),
        "frequency-cap"),
    "quiet_hours": _marketer(
        _("Quiet hours"),
        _("Outside these hours messages wait, and go out when the next ones begin."),
        "quiet-hours"),
    "approval": _marketer(
        _("Approval"),
        _("Above this number of people another member has to say yes before a broadcast goes"
          " out."),
        "approval"),
    "quota": _marketer(
        _("Messages this month"),
        _("LINE counts one message for each person, whatever the number of bubbles; replies in time"
          " are free."),
        "quota"),
    # Inbox
    "free_replies": _marketer(
        _("Free replies"),
        _("For about a minute after a friend wrote, LINE takes the answer free of charge."),
        "free-replies"),
    "notification": _marketer(
        _("Who is told"),
        _("An email goes out where nobody reads in time; it never says what was written."),
        "notification"),
    "retention": _marketer(
        _("How long conversations are kept"),
        _("Older messages and pictures are deleted here for good; on the friend's phone they"
          " stay."),
        "retention"),
    # The connection
    "provider": _administrator(
        _("Provider of both channels"),
        _("A person has another LINE user ID at every provider, so both channels must belong to"
          " one; only a login proves it."),
        "provider"),
    "webhook": _administrator(
        _("Webhook URL"),
        _("By its webhook LINE tells who follows, blocks and writes; a channel has one address for"
          " it."),
        "webhook"),
    "liff": _administrator(
        _("LIFF app"),
        _("With it the linking page opens inside LINE on phones; without it LINE Login's own page"
          " does the same."),
        "liff"),
    "relay": _administrator(
        _("Relay"),
        _("LINE calls one address for each account; Musubi hands every call on as it came, and only"
          " one of the two can use a reply."),
        "relay"),
    "comparison": _administrator(
        _("Nightly comparison"),
        _("What differs between Musubi and HubSpot is mended at night, or listed for a person."),
        "comparison"),
    # Programs
    "api_keys": _developer(
        _("API keys"),
        _("With a key a program or an assistant does what its role allows; it is shown once, and"
          " ends when you say so."),
        "api"),
    "outgoing_webhooks": _developer(
        _("Webhooks"),
        _("Musubi calls an address of yours when something happens, signed, and again until it is"
          " taken."),
        "webhooks"),
}  # fmt: skip


@blueprint.app_template_global("help_topic")
def help_topic(name: str) -> Topic:
    """Return a topic; a name that is none fails the page's test."""
    return TOPICS[name]
