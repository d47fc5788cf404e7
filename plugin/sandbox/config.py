"""Where the sandbox stands and whom it calls."""

from dataclasses import dataclass, field
from pathlib import Path

from plugin.settings import SANDBOX_CREDENTIALS


@dataclass(frozen=True)
class SandboxConfig:
    """`base_url`: where the sandbox is reached. `target`: Musubi's public address."""

    base_url: str
    target: str
    store: Path | None = None
    app_definition: Path = Path(__file__).parents[2] / "hubspot-app.json"
    client_id: str = SANDBOX_CREDENTIALS["HUBSPOT_CLIENT_ID"]
    client_secret: str = field(default=SANDBOX_CREDENTIALS["HUBSPOT_CLIENT_SECRET"], repr=False)
    app_id: int = int(SANDBOX_CREDENTIALS["HUBSPOT_APP_ID"])
    limits: bool = True
