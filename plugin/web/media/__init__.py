"""Pages of uploaded pictures and videos, their upload, and the files themselves."""

from plugin.web.media import library, uploads
from plugin.web.media.blueprint import blueprint
from plugin.web.media.serving import blueprint as files

# Importing them registers their routes.
PAGES = (library, uploads)
__all__ = ["PAGES", "blueprint", "files"]
