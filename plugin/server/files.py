"""How many connections the process's file descriptors allow."""

import resource

WANTED_CONNECTIONS = 2000
# For the database, the connections to the platforms, and files.
OTHER_FILES = 300
FEWEST = 64


def allowed_connections() -> int:
    """Raise the soft limit as far as needed and allowed; return what remains for connections."""
    needed = WANTED_CONNECTIONS + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unbounded = resource.RLIM_INFINITY
    if soft != unbounded and soft < needed:
        soft = needed if hard == unbounded else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = needed if soft == unbounded else min(needed, soft)
    return max(files - OTHER_FILES, FEWEST)
