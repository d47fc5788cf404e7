"""Protocols and values of the platforms. Only the packages beside this file import SDKs."""

from dataclasses import dataclass

from plugin.gateways.deadline import within
from plugin.gateways.errors import GatewayError, PropertiesError, Reason
from plugin.gateways.protocols.hubspot import (
    AccountDetails,
    CallbackCompletion,
    Campaign,
    CampaignBudget,
    ContactBatch,
    ContactList,
    ContactRecord,
    ContactUpdate,
    HubSpotGateway,
    ListedProperty,
    ListPage,
    ListsOfContacts,
    MembershipPage,
    ModifiedPage,
    Portal,
    PropertyDefinition,
    PropertyFault,
    PropertyHistory,
    PropertyShape,
    TextProperty,
    TokenInfo,
    TokenSet,
)
from plugin.gateways.protocols.line import (
    Accepted,
    BotInfo,
    Channel,
    FollowerPage,
    LineGateway,
    Message,
    Opens,
    Profile,
    Quota,
    RichMenu,
    WebhookSetting,
    WebhookTest,
)
from plugin.gateways.protocols.line_login import (
    Identity,
    LiffApp,
    LineLoginGateway,
    LoginTokens,
    UserAccess,
)
from plugin.gateways.protocols.mail import Letter, MailGateway
from plugin.gateways.protocols.meter import Meter, NoMeter

__all__ = [
    "Accepted",
    "AccountDetails",
    "BotInfo",
    "CallbackCompletion",
    "Campaign",
    "CampaignBudget",
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
    "ListedProperty",
    "ListsOfContacts",
    "LoginTokens",
    "MailGateway",
    "MembershipPage",
    "Message",
    "Meter",
    "ModifiedPage",
    "NoMeter",
    "Opens",
    "Portal",
    "Profile",
    "PropertiesError",
    "PropertyDefinition",
    "PropertyFault",
    "PropertyHistory",
    "PropertyShape",
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
    hubspot: HubSpotGateway
    line: LineGateway
    line_login: LineLoginGateway
    mail: MailGateway | None = None  # None: no mail server is configured
