"""Protocols and values of the platforms. Only the packages beside this file import SDKs."""

from dataclasses import dataclass

from plugin.gateways.deadline import within
from plugin.gateways.errors import GatewayError, PropertiesError, Reason
from plugin.gateways.protocols.campaigns import Campaign, CampaignBudget
from plugin.gateways.protocols.hubspot import (
    AccountDetails,
    CallbackCompletion,
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
    Content,
    Coupon,
    FollowerPage,
    LineGateway,
    LineShop,
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
    LoginPage,
    LoginTokens,
    UserAccess,
)
from plugin.gateways.protocols.mail import Letter, MailGateway
from plugin.gateways.protocols.media_store import MediaStore
from plugin.gateways.protocols.meter import Meter, NoMeter
from plugin.gateways.protocols.own_address import HealthAnswer, OwnAddress
from plugin.gateways.protocols.receivers import Outcome, ReceiverGateway

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
    "Content",
    "Coupon",
    "FollowerPage",
    "GatewayError",
    "Gateways",
    "HealthAnswer",
    "HubSpotGateway",
    "Identity",
    "Letter",
    "LiffApp",
    "LineGateway",
    "LineLoginGateway",
    "LineShop",
    "ListPage",
    "ListedProperty",
    "ListsOfContacts",
    "LoginPage",
    "LoginTokens",
    "MailGateway",
    "MediaStore",
    "MembershipPage",
    "Message",
    "Meter",
    "ModifiedPage",
    "NoMeter",
    "Opens",
    "Outcome",
    "OwnAddress",
    "Portal",
    "Profile",
    "PropertiesError",
    "PropertyDefinition",
    "PropertyFault",
    "PropertyHistory",
    "PropertyShape",
    "Quota",
    "Reason",
    "ReceiverGateway",
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
    line_shop: LineShop
    line_login: LineLoginGateway
    media: MediaStore
    own_address: OwnAddress
    receivers: ReceiverGateway
    mail: MailGateway | None = None  # None: no mail server is configured
