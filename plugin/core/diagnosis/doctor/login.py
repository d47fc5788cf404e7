"""Checks of the LINE Login channel and the LIFF app."""

from plugin.core.diagnosis.doctor.cause import Causes, Mend, failing, fine, off, unknown
from plugin.core.diagnosis.doctor.messaging import SEEN
from plugin.core.text.sentences import N_

LOGIN_CHANNEL: Causes = {
    "ok": fine(N_("LINE accepts the LINE Login channel. Friends can link themselves.")),
    "none": off(
        N_("Not set up. Without it friends cannot link themselves."),
        Mend(
            N_(
                "Create a LINE Login channel under the same provider as the Messaging API channel,"
                " then choose “Edit” here and enter its ID and secret."
            ),
            "edit_account",
        ),
    ),
    "refused": failing(
        N_("LINE does not accept the ID and secret of the LINE Login channel."),
        Mend(
            N_(
                "Open LINE Developers Console > your provider > the LINE Login channel"
                " > Basic settings, compare ID and secret, then choose “Edit” here."
            ),
            "edit_account",
        ),
    ),
}
CALLBACK: Causes = {
    "ok": fine(N_("LINE knows the address to which friends come back after the login.")),
    "unregistered": failing(
        N_("LINE does not know Musubi's callback URL, so friends see an error page of LINE's."),
        Mend(
            N_(
                "LINE Developers Console > the LINE Login channel > LINE Login > Callback URL:"
                " paste %(address)s"
            ),
            "developers",
        ),
    ),
    "refused": failing(
        N_("LINE's login page turns Musubi's request away, so friends see an error of LINE's."),
        Mend(
            N_(
                "LINE Developers Console > the LINE Login channel: look whether it is there, has"
                " the app type “Web app”, and this callback URL: %(address)s"
            ),
            "developers",
        ),
    ),
}
# LINE Developers, "Get started with LINE Login": a developing channel lets in its admins only.
PUBLISHED: Causes = {
    "ok": fine(N_("Friends have logged in, so the channel is published.")),
    "seen": fine(SEEN),
    "developing": failing(
        N_(
            "%(visits)s visits of the last 7 days went to LINE's login and none came back. The"
            " channel may still be “Developing”, in which only its administrators can log in."
        ),
        Mend(
            N_(
                "LINE Developers Console > the LINE Login channel: press “Developing” at the top"
                " of its page, so that it becomes “Published”."
            ),
            "developers",
        ),
    ),
    "look": unknown(
        N_(
            "LINE tells nobody whether the channel is “Published”. While it is “Developing”, only"
            " its administrators can log in."
        ),
        Mend(
            N_(
                "LINE Developers Console > the LINE Login channel: look at the top of its page,"
                " and press “Developing” if it says so."
            ),
            "developers",
        ),
        Mend(N_("Then press “I have looked”."), "doctor"),
    ),
}
LINKED_MEND = Mend(
    N_(
        "LINE Developers Console > the LINE Login channel > Basic settings > Linked LINE Official"
        " Account: choose this account, so that people who log in can add it as a friend."
    ),
    "developers",
)
LOGIN_AGAIN = Mend(
    N_("Press “Log in with LINE”, and add the account as a friend."),
    "prove",
)
LINKED: Causes = {
    "ok": fine(N_("A login has shown that the channel is linked with an Official Account.")),
    "unlinked": failing(
        N_(
            "The LINE Login channel is linked with no Official Account, so nobody who logs in is"
            " offered the account as a friend."
        ),
        LINKED_MEND,
        LOGIN_AGAIN,
    ),
    "unproven": unknown(N_("The next login will show it."), LOGIN_AGAIN, LINKED_MEND),
}
SAME_PROVIDER = Mend(
    N_(
        "Create a LINE Login channel under the provider of the Messaging API channel, and enter it"
        " under “Edit”. No channel can be moved to another provider."
    ),
    "edit_account",
)
# LINE User IDs differ by provider (LINE Developers, "Get user IDs").
PROVIDER: Causes = {
    "ok": fine(N_("Proven: the account knows who logs in.")),
    "not_shown": failing(
        N_(
            "LINE does not show the account who logs in: the LINE Login channel is of another"
            " provider, or not linked with this account. Until then nobody is linked."
        ),
        Mend(
            N_(
                "Same provider? Then LINE Login channel > Basic settings > Linked LINE Official"
                " Account: choose this account."
            ),
            "developers",
        ),
        SAME_PROVIDER,
        LOGIN_AGAIN,
    ),
    "other": failing(
        N_("The LINE Login channel is of another provider, so nobody is linked through it."),
        SAME_PROVIDER,
        LOGIN_AGAIN,
    ),
    "unproven": unknown(
        N_("Not proven yet. A person has another LINE User ID at every provider."), LOGIN_AGAIN
    ),
    "no_friend": unknown(
        N_("Not proven yet: who logged in is no friend of the account."), LOGIN_AGAIN
    ),
}
EMAIL: Causes = {
    "ok": fine(N_("Friends are asked for their email address, which finds their contact.")),
    "not_granted": off(
        N_("LINE lets this channel ask nobody for an email address. All else works."),
        Mend(
            N_(
                "LINE Login channel > Basic settings > OpenID Connect > Email address permission"
                " > Apply. Then friends are matched with their contact by email address."
            ),
            "developers",
        ),
    ),
}
LIFF_MEND = Mend(
    N_("Choose “Mend the LIFF app”, or remove its address under “Edit”."),
    "account",
)
LIFF_URL: Causes = {
    "ok": fine(N_("On phones friends are linked inside LINE.")),
    "none": off(
        N_("Not set up. Friends are linked through LINE Login's own page, on phones too.")
    ),
    "elsewhere": failing(
        N_("The LIFF app does not open Musubi, so on phones friends get nowhere."), LIFF_MEND
    ),
    "gone": failing(
        N_("LINE knows no such LIFF app on the LINE Login channel, so on phones friends get"
           " nowhere."),
        LIFF_MEND,
    ),
}  # fmt: skip
LIFF_SCOPES: Causes = {
    "ok": fine(N_("The LIFF app may ask who somebody is, and fills the screen.")),
    "lacking": failing(
        N_("The LIFF app lacks %(names)s, so Musubi does not learn who opens it."), LIFF_MEND
    ),
    "small": failing(
        N_("The LIFF app does not fill the screen, so nobody is asked to add the account."),
        LIFF_MEND,
    ),
}
