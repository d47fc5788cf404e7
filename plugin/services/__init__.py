"""The verbs of the trade: load, decide, save, call out. The only code that writes."""

from dataclasses import dataclass

from plugin.gateways import Gateways
from plugin.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What a service reaches the world with; the factory makes one and the doors hand it on."""

    settings: Settings
    gateways: Gateways
