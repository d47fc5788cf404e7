"""ID tokens: HS256 with the channel secret for web logins, ES256 for LIFF (docs: verify-id-token).

The issuer is LINE's name, whatever the sandbox's address.
"""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from plugin.sandbox.line.directory import person_of
from plugin.sandbox.store import Value
from plugin.sandbox.world import World

ISSUER, LIFE = "https://access.line.me", 3600
Claims = dict[str, Any]


def claims(world: World, channel: Value, user_id: str, scopes: list[str], nonce: str) -> Claims:
    """LINE's claims about the person, within the scopes."""
    now, person = int(world.clock.now()), person_of(world, user_id) or {}
    values: Claims = {
        "iss": ISSUER,
        "sub": user_id,
        "aud": channel["channel_id"],
        "exp": now + LIFE,
        "iat": now,
        "amr": ["linesso"],
    }
    if nonce:
        values["nonce"] = nonce
    if "profile" in scopes:
        values |= {"name": person["name"], "picture": person["picture"]}
    if "email" in scopes and person.get("email"):
        values["email"] = person["email"]
    return values


def sign_for_web(channel: Value, values: Claims) -> str:
    return jwt.encode({"alg": "HS256"}, values, OctKey.import_key(channel["secret"]))


def sign_for_liff(world: World, values: Claims) -> str:
    key = _key(world)
    return jwt.encode({"alg": "ES256", "kid": key.kid}, values, key)


def certs(world: World) -> Value:
    """The public half, as JWKS."""
    public = _key(world).as_dict(private=False)
    return {"keys": [{**public, "alg": "ES256", "use": "sig"}]}


def _key(world: World) -> ECKey:
    with world.store:
        stored = world.store.get("line_signing_key", "es256")
        if stored is None:
            key = ECKey.generate_key("P-256", {"kid": f"sandbox{world.clock.millis()}"})
            stored = world.store.put("line_signing_key", "es256", dict(key.as_dict(private=True)))
    return ECKey.import_key(stored)


def read(world: World, channel: Value, token: str) -> Claims | None:
    """Return the claims if the signature is right, else None. Expiry is the caller's check."""
    # Each key with its own algorithm only: a token must not choose how it is checked.
    for key, algorithm in (
        (OctKey.import_key(channel["secret"]), "HS256"),
        (_key(world), "ES256"),
    ):
        try:
            return jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError):
            continue
    return None
