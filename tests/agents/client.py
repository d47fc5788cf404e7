"""An AI agent that uses the official client of its protocol, over real HTTP."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Implementation

from tests.support.world import World

ASSISTANT = Implementation(name="assistant", title="Mika's assistant", version="3")


@asynccontextmanager
async def agent(world: World, key: str, mode: Any = "auto") -> AsyncIterator[Client]:
    """An agent that holds a key; `mode`: how old a version of the protocol it speaks."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        transport = streamable_http_client(f"{world.url}/mcp", http_client=http)
        async with Client(transport, client_info=ASSISTANT, mode=mode) as client:
            yield client


def with_agent(
    world: World, key: str, act: Callable[[Client], Awaitable[Any]], mode: Any = "auto"
) -> Any:
    """What an agent's deeds return."""

    async def run() -> Any:
        async with agent(world, key, mode) as client:
            return await act(client)

    return alone(run)


def alone(run: Callable[[], Awaitable[Any]]) -> Any:
    """Run it in a thread of its own: a browser's driver may have the loop of this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, run).result()


def value(result: CallToolResult) -> dict[str, Any]:
    """The JSON of a tool's answer, which is in its text as well."""
    text = json.loads(result.content[0].text)  # type: ignore[union-attr]
    assert text == result.structured_content
    return dict(text)
