"""What the rest of Musubi knows of HubSpot and LINE: protocols, values, one error.

The modules beside this one are the only code that imports an SDK. They speak our words and turn
every provider answer into a value or a `GatewayError` with a verdict.
"""

from dataclasses import dataclass

from plugin.gateways.errors import (
    GatewayError,
    Reason,
)
from plugin.gateways.hubspot_protocol import (
    AccountDetails,
    CallbackCompletion,
    ContactBatch,
    ContactList,
    ContactRecord,
    ContactUpdate,
    HubSpotGateway,
    ListPage,
    MembershipPage,
    ModifiedPage,
    Portal,
    PropertyDefinition,
    TextProperty,
    TokenInfo,
    TokenSet,
)
from plugin.gateways.line_login_protocol import (
    Identity,
    LiffApp,
    LineLoginGateway,
    LoginTokens,
    UserAccess,
)
from plugin.gateways.line_protocol import (
    Accepted,
    BotInfo,
    Channel,
    FollowerPage,
    LineGateway,
    Message,
    Profile,
    Quota,
    RichMenu,
    WebhookSetting,
    WebhookTest,
)
from plugin.gateways.mail_protocol import (
    Letter,
    MailGateway,
)
from plugin.gateways.meter import (
    Meter,
    NoMeter,
)
from plugin.gateways.patience import within

__all__ = [
    "Accepted",
    "AccountDetails",
    "BotInfo",
    "CallbackCompletion",
    "Channel",
    "ContactBatch",
    "ContactList",
    "ContactRecord",
    "ContactUpdate",
    "FollowerPage",
    "GatewayError",
    "Gateways",
    "HubSpotGateway",
    "Identity",
    "Letter",
    "LiffApp",
    "LineGateway",
    "LineLoginGateway",
    "ListPage",
    "LoginTokens",
    "MailGateway",
    "MembershipPage",
    "Message",
    "Meter",
    "ModifiedPage",
    "NoMeter",
    "Portal",
    "Profile",
    "PropertyDefinition",
    "Quota",
    "Reason",
    "RichMenu",
    "TextProperty",
    "TokenInfo",
    "TokenSet",
    "UserAccess",
    "WebhookSetting",
    "WebhookTest",
    "within",
]


@dataclass(frozen=True)
class Gateways:
    """The live, or stand-in, gateways that `create_app` hands to everything below the doors.

    `mail`: None where no mail server is configured.
    """

    hubspot: HubSpotGateway
    line: LineGateway
    line_login: LineLoginGateway
    mail: MailGateway | None = None
