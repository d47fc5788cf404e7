"""HubSpot's personalization tokens in texts."""

import re
from collections.abc import Mapping

# `{{ contact.x }}` and `{{ personalization_token('contact.x', 'fallback') }}`; filters do not
# apply to contact tokens, so a token that carries one is left as it is.
_TOKEN = re.compile(
    r"\{\{\s*(?:contact\.(?P<name>\w+)"
    r"|personalization_token\(\s*(?P<q>['\"])contact\.(?P<named>\w+)(?P=q)"
    r"\s*(?:,\s*(?P<f>['\"])(?P<fallback>.*?)(?P=f)\s*)?\))\s*\}\}"
)
_OUTPUT = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def render(text: str, properties: Mapping[str, str]) -> str:
    """Replace the tokens in `text` by a contact's values; an unset property is empty."""

    def value(token: re.Match[str]) -> str:
        # Empty counts as unset: HubSpot has no difference between the two.
        name = token["name"] or token["named"]
        return properties.get(name) or token["fallback"] or ""

    return _TOKEN.sub(value, text)


def render_outputs(text: str, outputs: Mapping[str, str]) -> str:
    return _OUTPUT.sub(lambda token: str(outputs.get(token[1], "")), text)
