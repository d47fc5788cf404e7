"""Checks of the installation in HubSpot."""

from plugin.core.diagnosis.doctor.cause import Causes, Mend, failing, fine, off
from plugin.core.text.sentences import N_

AGAIN = Mend(N_("Install Musubi into HubSpot again; nothing is lost by it."), "install")
RETRY = Mend(N_("Then press “Look at the properties again”."), "doctor")
HUBSPOT: Causes = {"ok": fine(N_("HubSpot answers."))}
INSTALLATION: Causes = {
    "ok": fine(N_("HubSpot accepts Musubi's access.")),
    "disconnected": failing(N_("HubSpot has ended the connection."), AGAIN),
    "refused": failing(
        N_("HubSpot refuses Musubi's access. Musubi tries again by itself, and sends wait."),
        Mend(
            N_(
                "Look in HubSpot under Settings > Integrations > Connected apps whether Musubi is"
                " still there."
            )
        ),
        AGAIN,
    ),
    "our_mistake": failing(
        N_("HubSpot does not know this Musubi: its client ID or secret is wrong."),
        Mend(
            N_(
                "Whoever runs Musubi compares HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET with the"
                " app's page in the HubSpot developer account."
            )
        ),
    ),
    "paused": off(
        N_("Somebody has paused HubSpot; nothing is exchanged until it is resumed."),
        Mend(N_("Choose “Go on with HubSpot” on the page of the connection."), "hubspot"),
    ),
    "removed": off(
        N_("HubSpot was removed, or is being removed."),
        Mend(N_("Install Musubi into HubSpot again to begin anew."), "install"),
    ),
}
SCOPES: Causes = {
    "ok": fine(N_("HubSpot grants what Musubi needs.")),
    "lacking": failing(
        N_("HubSpot does not grant %(names)s, so part of Musubi does not work."), AGAIN
    ),
}
PROPERTIES: Causes = {
    "ok": fine(N_("All %(count)s LINE properties of the contacts are as Musubi made them.")),
    "missing": failing(
        N_("HubSpot has no property %(names)s, so its values are written nowhere."),
        Mend(
            N_(
                "Look in HubSpot under Settings > Properties > Archived whether it is there, and"
                " restore it."
            )
        ),
        RETRY,
    ),
    "unfit": failing(
        N_("Of another type, or without some of its options: %(names)s"),
        Mend(
            N_(
                "Rename that property in HubSpot under Settings > Properties, or give it the type"
                " and options that Musubi asks for."
            )
        ),
        RETRY,
    ),
    "read_only": failing(
        N_("HubSpot lets nobody write %(names)s."),
        Mend(
            N_("Let apps write it: HubSpot > Settings > Properties > the property > Manage access.")
        ),
        RETRY,
    ),
    "values_refused": failing(
        N_("HubSpot refuses values of %(names)s by a rule of the property."),
        Mend(
            N_("Look at the property's rules in HubSpot under Settings > Properties."), "properties"
        ),
        RETRY,
    ),
}
