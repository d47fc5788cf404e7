"""The Model Context Protocol, by its official SDK, over the tools of `tools.py`."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from mcp.server import Server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from plugin.agents.calls import call
from plugin.agents.schemas import input_schema
from plugin.agents.tools import INSTRUCTIONS, TOOLS

VERSION = "1"
# Takes a request's context; returns what the agent calls itself.
NameOf = Callable[[Any], str]


def make_server(app: Flask, key: str, name_of: NameOf) -> Server[Any]:
    """Return a server for one key's holder; it keeps nothing between calls."""

    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=described(app))

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        outcome = call(app, key, name_of(context), params.name, params.arguments or {})
        text = json.dumps(outcome.value, ensure_ascii=False)
        return CallToolResult(
            content=[TextContent(type="text", text=text)],
            structured_content=outcome.value,
            is_error=outcome.failed,
        )

    return Server(
        "musubi",
        version=VERSION,
        title="Musubi",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


@cache
def described(app: Flask) -> list[Tool]:
    description = app.extensions["musubi_openapi"]
    return [
        Tool(
            name=tool.name,
            title=tool.title,
            description=tool.about,
            input_schema=input_schema(tool, description),
            annotations=ToolAnnotations(
                title=tool.title,
                read_only_hint=not tool.drafts,
                destructive_hint=False,
                idempotent_hint=not tool.drafts,
                open_world_hint=False,
            ),
        )
        for tool in TOOLS
    ]
