"""The LINE client needs none of the SDK's models, and leaves the SDK usable for others."""

import subprocess
import sys

from tests.support.processes import ROOT

PROGRAM = """
import sys
from plugin.gateways.line.sdk import client_parts
client, configuration, refusal = client_parts()
models = [name for name in sys.modules if name.startswith("linebot.v3.messaging.models.")]
assert models == [], models
from linebot.v3.messaging import ApiClient, ApiException, Configuration, MessagingApi, TextMessage
from linebot.v3.webhook import WebhookParser
assert (client, configuration, refusal) == (ApiClient, Configuration, ApiException)
assert MessagingApi(ApiClient(Configuration(access_token="t")))
assert TextMessage(text="Hello").to_json()
import linebot.v3.messaging
assert not hasattr(linebot.v3.messaging, "no_such_name")
"""


def test_the_client_loads_no_model_until_somebody_asks_for_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
