"""Where the sandbox runs, and which address it calls."""

from dataclasses import dataclass, field
from pathlib import Path

# The app of the default world, as Musubi in sandbox mode signs in with it. None of it is secret.
CLIENT_ID = "5a9db0c5-0000-4000-8000-5a9db0c5a9db"
CLIENT_SECRET = "sandbox-client-secret-not-a-secret"
APP_ID = 1000001


@dataclass(frozen=True)
class SandboxConfig:
    """`base_url`: where the sandbox is reached. `target`: Musubi's public address."""

    base_url: str
    target: str
    store: Path | None = None
    app_definition: Path = Path(__file__).parents[2] / "hubspot-app.json"
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
    app_id: int = APP_ID
    limits: bool = True
