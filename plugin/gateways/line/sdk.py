"""line-bot-sdk without its models, which this project does not use.

The packages' own code imports some 400 models: 0.6 s, during which no request of the process is
answered, and 45 MB. The client's modules need none of them.
"""

import functools
import sys
from importlib import import_module
from importlib.abc import Loader
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_PACKAGES = ("linebot", "linebot.v3", "linebot.v3.messaging", "linebot.v3.messaging.models")


@functools.cache
def client_parts() -> tuple[Any, Any, Any]:
    """Return the SDK's `ApiClient`, `Configuration` and `ApiException`."""
    for name in _PACKAGES:
        if name not in sys.modules:
            _put_in_place(name)
    # From their own modules: a package that is asked for a class runs all of its code.
    from linebot.v3.messaging.api_client import ApiClient
    from linebot.v3.messaging.configuration import Configuration
    from linebot.v3.messaging.exceptions import ApiException

    return ApiClient, Configuration, ApiException


def _put_in_place(name: str) -> None:
    """Make a package importable whose own code runs when something of it is asked for."""
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    package = module_from_spec(spec)
    find = functools.partial(_find, package, spec.loader)
    package.__getattr__ = find  # type: ignore[method-assign]
    sys.modules[name] = package


def _find(package: ModuleType, loader: Loader, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    module = f"{package.__name__}.{name}"
    if find_spec(module):
        return import_module(module)
    package.__dict__.pop("__getattr__", None)
    loader.exec_module(package)
    return getattr(package, name)
