"""Pages of deliveries, executions and failed jobs."""

from plugin.web.log import failed_jobs, views
from plugin.web.log.blueprint import blueprint

# Importing them registers their routes on the blueprint.
ROUTES = (failed_jobs, views)
__all__ = ["ROUTES", "blueprint"]
