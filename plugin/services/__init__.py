"""Use cases: load, decide, save, call out. The only code that writes."""

from dataclasses import dataclass

from plugin.gateways import Gateways
from plugin.settings import Settings


@dataclass(frozen=True)
class Dependencies:
    """Settings and gateways, created by the app factory and handed on by the entry points."""

    settings: Settings
    gateways: Gateways
