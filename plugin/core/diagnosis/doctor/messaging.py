"""Checks of the Messaging API channel and its webhook.

The click paths are those of LINE Developers Console and LINE Official Account Manager.
"""

from plugin.core.diagnosis.doctor.cause import Causes, Mend, failing, fine, off, unknown
from plugin.core.text.sentences import N_

CHANNEL: Causes = {
    "ok": fine(N_("LINE accepts the channel ID and secret.")),
    "refused": failing(
        N_("LINE did not let Musubi in with this channel ID and secret."),
        Mend(
            N_(
                "Open LINE Developers Console > your provider > the Messaging API channel"
                " > Basic settings, and compare the channel ID and the channel secret."
            ),
            "developers",
        ),
        Mend(
            N_("If the secret was reissued, choose “Edit” here and paste the new one."),
            "edit_account",
        ),
    ),
}
WEBHOOK_URL: Causes = {
    "ok": fine(N_("LINE sends the events of this account to Musubi.")),
    "elsewhere": failing(
        N_("LINE sends the events of this account somewhere else, or nowhere."),
        Mend(
            N_("Choose “Set the webhook URL”, and Musubi sets it at LINE."),
            "account",
        ),
        Mend(
            N_(
                "Or do it by hand: LINE Developers Console > the Messaging API channel"
                " > Messaging API > Webhook URL > Edit, and paste this account's webhook URL, which"
                " Musubi shows under “Addresses and IDs”."
            ),
            "developers",
        ),
    ),
}
WEBHOOK_ACTIVE: Causes = {
    "ok": fine(N_("The switch is on.")),
    "switched_off": failing(
        N_("The switch “Use webhook” is off, so LINE sends no events."),
        Mend(
            N_(
                "Open LINE Developers Console > the Messaging API channel > Messaging API"
                " > Webhook settings, and switch “Use webhook” on. LINE lets only people do this."
            ),
            "developers",
        ),
    ),
}
# LINE's reason words: Messaging API reference, "Test webhook endpoint".
WEBHOOK_TEST: Causes = {
    "ok": fine(N_("LINE called Musubi, and was answered.")),
    "no_connection": failing(
        N_("LINE could not connect to Musubi."),
        Mend(
            N_(
                "LINE must reach this address from the internet by https, with a certificate of a"
                " public authority and its whole chain."
            )
        ),
    ),
    "late": failing(
        N_("Musubi answered LINE too late."),
        Mend(N_("Check again; if it stays, the server is too busy or too far away.")),
    ),
    "turned_away": failing(
        N_("LINE was turned away before it reached Musubi."),
        Mend(
            N_(
                "Look for a firewall, a proxy or a password in front of Musubi, and compare the"
                " channel secret."
            )
        ),
    ),
    "swallowed": failing(
        N_("Something in front of Musubi answers LINE in its place, so events are lost."),
        Mend(
            N_(
                "Let the proxy hand every call below /line/webhooks/ on to Musubi, with its body"
                " and headers as they are."
            )
        ),
        Mend(N_("If several Musubi serve this address, give all of them the same database.")),
    ),
}
WEBHOOK_SPEED: Causes = {
    "ok": fine(N_("LINE's test took %(seconds)s seconds; LINE waits for 2.")),
    "slow": failing(
        N_("LINE's test took %(seconds)s seconds. After 2 LINE gives up, and an event is lost."),
        Mend(N_("Look whether the processor, the database or a proxy is too busy.")),
        Mend(N_("Serve Musubi nearer to Japan, from where LINE calls.")),
    ),
}
FOLLOWERS: Causes = {
    "ok": fine(N_("LINE gives Musubi the list of friends.")),
    "forbidden": off(
        N_(
            "LINE gives the list of friends of verified and premium accounts only. Musubi gets to"
            " know other accounts' friends one by one, when they log in, write or tap."
        ),
        Mend(
            N_(
                "LINE Official Account Manager > Settings > Account settings > Request"
                " verification."
            ),
            "manager",
        ),
    ),
}
QUOTA: Causes = {
    "ok": fine(N_("%(left)s of the month's %(limit)s messages are left.")),
    "unlimited": fine(N_("The plan has no limit.")),
    "used_up": failing(
        N_("The month's messages are used up. LINE counts anew on %(at)s."),
        Mend(
            N_("LINE Official Account Manager > Settings > Subscriptions: choose a larger plan."),
            "manager",
        ),
    ),
    "reserved": failing(
        N_("Another send has reserved the month's last messages. LINE is asked again on %(at)s."),
        Mend(
            N_(
                "Look in LINE Official Account Manager for a broadcast that is under way, and wait"
                " for its end."
            ),
            "manager",
        ),
    ),
}
SEEN = N_("Somebody of your team has looked, on %(at)s.")
GREETING: Causes = {
    "ok": fine(N_("No QR code of this account greets friends, so nothing is said twice.")),
    "seen": fine(SEEN),
    "look": unknown(
        N_(
            "QR codes of this account greet friends, and LINE's own greeting message may do so as"
            " well. LINE tells nobody whether it is on."
        ),
        Mend(
            N_(
                "LINE Official Account Manager > Settings > Response settings: switch “Greeting"
                " message” off."
            ),
            "manager",
        ),
        Mend(N_("Then press “I have looked”."), "doctor"),
    ),
}
AUTO_REPLY: Causes = {
    "seen": fine(SEEN),
    "look": unknown(
        N_(
            "Chat is off, so LINE's auto-response messages answer whatever friends write, unless"
            " they are switched off. LINE tells nobody whether they are."
        ),
        Mend(
            N_(
                "LINE Official Account Manager > Settings > Response settings: switch"
                " “Auto-response” off, or leave it on where you want its answers."
            ),
            "manager",
        ),
        Mend(N_("Then press “I have looked”."), "doctor"),
    ),
    "look_chat": unknown(
        N_(
            "Chat is on. LINE's auto-response messages may still answer beside your team, for"
            " example outside your response hours. LINE tells nobody whether they do."
        ),
        Mend(
            N_(
                "LINE Official Account Manager > Settings > Response settings: look whether"
                " “Auto-response” is on, and when."
            ),
            "manager",
        ),
        Mend(N_("Then press “I have looked”."), "doctor"),
    ),
}
