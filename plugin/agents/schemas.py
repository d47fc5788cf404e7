"""What a tool takes, as JSON Schema, from the API's own description."""

from typing import Any

from plugin.agents.tools import Tool

PREFIX = "/api/v1"
Schema = dict[str, Any]


def input_schema(tool: Tool, description: Schema) -> Schema:
    """Join an operation's path, query and body into one object; references are resolved."""
    method, path = tool.operation
    item = description["paths"][PREFIX + path]
    operation, known = item[method], description["components"]["schemas"]
    properties, required = {}, []
    for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        if parameter.get("in") in ("path", "query"):
            name = parameter["name"]
            about = {key: parameter[key] for key in ("description",) if key in parameter}
            properties[name] = resolved(parameter["schema"], known) | about
            required += [name] if parameter.get("required") else []
    content = operation.get("requestBody", {}).get("content", {})
    body = resolved(content.get("application/json", {}).get("schema", {}), known)
    return {
        "type": "object",
        "properties": properties | body.get("properties", {}),
        "required": required + body.get("required", []),
        "additionalProperties": False,
    }


def resolved(schema: Any, known: Schema) -> Any:
    """Return a schema with the named ones that it refers to in their places."""
    if isinstance(schema, list):
        return [resolved(member, known) for member in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(known[schema["$ref"].rsplit("/", 1)[-1]], known)
    return {name: resolved(member, known) for name, member in schema.items()}


def path_names(tool: Tool) -> set[str]:
    """Return the names of the ids in an operation's path."""
    return {part[1:-1] for part in tool.operation[1].split("/") if part.startswith("{")}
