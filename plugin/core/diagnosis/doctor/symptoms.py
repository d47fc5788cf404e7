"""What people meet when linking does not work, and which checks bear on it."""

from typing import NamedTuple

from plugin.core.diagnosis.doctor.cause import Mend
from plugin.core.text.sentences import N_


class Symptom(NamedTuple):
    """`checks`: those to look at, most likely first; `advice`: what no check sees."""

    title: str
    text: str
    checks: tuple[str, ...]
    advice: tuple[Mend, ...]


WHY = Mend(N_("A friend's page says under “Why not linked or reached?” what is in the way of this"
              " one person."), "friends")  # fmt: skip
SYMPTOMS: dict[str, Symptom] = {
    "no-consent": Symptom(
        N_("LINE's consent screen does not appear"),
        N_("Somebody scans the QR code or taps the button, and LINE does not ask them to agree."),
        ("login_channel", "callback", "published", "liff_url", "liff_scopes"),
        (
            Mend(N_("Whoever agreed before is not asked again: LINE leads them straight back.")),
            Mend(N_("An administrator of the channel gets further than others while it is"
                    " “Developing”. Try with a phone of somebody else.")),
        ),
    ),
    "qr-error": Symptom(
        N_("The QR code ends in an error"),
        N_("LINE, or Musubi, shows an error page after the scan."),
        ("callback", "published", "login_channel", "provider", "liff_url", "address"),
        (
            Mend(N_("Musubi's own page says why: the code has ended, has not begun, or is"
                    " archived. Its page shows from when until when it is open."), "codes"),
            Mend(N_("A page that says “400” is LINE's: the callback URL is missing, or the channel"
                    " is still “Developing”.")),
        ),
    ),
    "property-not-set": Symptom(
        N_("The LINE properties stay empty in HubSpot"),
        N_("A friend has agreed, and their contact in HubSpot has no LINE User ID."),
        ("installation", "scopes", "properties", "hubspot", "scheduler", "jobs"),
        (
            Mend(N_("HubSpot shows new values after the page of the contact is loaded again.")),
            Mend(N_("The second Official Account writes properties that end in _2, and so on.")),
            WHY,
        ),
    ),
    "mail-dead": Symptom(
        N_("The link in the email is dead"),
        N_("The button of the marketing email leads nowhere, or to a page that cannot link."),
        ("properties", "scopes", "address", "callback", "liff_url", "clock"),
        (
            Mend(N_("The button's link is the token of the LINE linkage URL, and the contacts have"
                    " to have a value in it: prepare the list on the page “Email”."), "email"),
            Mend(N_("HubSpot's test mail carries no contact's link unless it is sent as a"
                    " contact.")),
            Mend(N_("A link is personal, ends after its days, and serves one person once.")),
        ),
    ),
    "not-linked": Symptom(
        N_("A friend has added the account and is not linked"),
        N_("They are among your friends on LINE, and HubSpot does not know them."),
        ("login_channel", "provider", "linked", "webhook_url", "webhook_active", "webhook_test"),
        (
            Mend(N_("Adding the account tells nobody who somebody is: a friend logs in once and"
                    " agrees, by a QR code that links or a personal link."), "codes"),
            WHY,
        ),
    ),
    "import-finds-nobody": Symptom(
        N_("An import links fewer than expected"),
        N_("A list holds LINE User IDs, and many of them are refused or unknown."),
        ("provider", "channel", "followers", "scopes", "properties"),
        (
            Mend(N_("A person has another LINE User ID at every provider: IDs that another tool"
                    " wrote fit only if it used channels of the same provider.")),
            Mend(N_("The import's page names each row with its reason."), "import"),
        ),
    ),
    "not-reached": Symptom(
        N_("A message does not arrive"),
        N_("HubSpot or Musubi says that it was sent, or that it failed, and the phone is silent."),
        ("channel", "quota", "installation", "scheduler", "jobs", "provider"),
        (
            Mend(N_("LINE accepts messages to people who block the account, and shows them to"
                    " nobody.")),
            WHY,
        ),
    ),
    "webhook-silent": Symptom(
        N_("Nothing that friends do shows in Musubi"),
        N_("New friends, messages and taps do not appear."),
        ("webhook_url", "webhook_active", "webhook_test", "webhook_speed", "address", "scheduler",
         "jobs"),
        (
            Mend(N_("A channel has one webhook URL. Another tool that sets its own takes the"
                    " events away."), "developers"),
        ),
    ),
    "heard-twice": Symptom(
        N_("Friends hear everything twice"),
        N_("A greeting or an answer comes from LINE and from Musubi."),
        ("greeting", "auto_reply"),
        (),
    ),
}  # fmt: skip
