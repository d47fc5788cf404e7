"""`python -m plugin.sandbox --port 8100 --target http://localhost:8000`: the sandbox by itself."""

import argparse
from pathlib import Path

import waitress

from plugin.sandbox import SandboxConfig, create_sandbox


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    base_url = options.base_url or f"http://localhost:{options.port}"
    config = SandboxConfig(
        base_url=base_url.rstrip("/"),
        target=options.target.rstrip("/"),
        store=options.store,
        limits=not options.no_limits,
    )
    app = create_sandbox(config)
    print(f"HubSpot and LINE stand-ins on {config.base_url}, calling {config.target}", flush=True)
    waitress.serve(
        app,
        host=options.host,
        port=options.port,
        threads=options.threads,
        connection_limit=1000,
        # select() would end at the file descriptor 1024.
        asyncore_use_poll=True,
        backlog=1024,
        ident=None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m plugin.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--target", default="http://localhost:8000", help="Musubi's BASE_URL")
    parser.add_argument("--base-url", help="where others reach this sandbox")
    parser.add_argument("--store", type=Path, help="SQLite file that keeps the world")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    parser.add_argument("--threads", type=int, default=32)
    return parser


if __name__ == "__main__":
    main()
