"""Help: the guides inside Musubi, and the sentences behind the question marks."""

from plugin.web.guides import topics, views
from plugin.web.guides.blueprint import blueprint

VIEWS = (topics, views)
__all__ = ["VIEWS", "blueprint"]
