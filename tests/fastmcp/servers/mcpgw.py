"""A registry of MCP servers, as a FastMCP server: lists, changes, and what a session wants to keep."""
from typing import Annotated

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from load_tools import add_load_tools

server = FastMCP("mcpgw", version="3.1", instructions="Finds servers and their tools. «Nur lesend» unless a tool says otherwise.")
services = {"/fininfo": True, "/realserverfaketools": True, "/mcpgw": True}


class Service(BaseModel):
    """A registered server."""

    path: Annotated[str, Field(description="Where it is, such as /fininfo")]
    is_enabled: bool
    tags: list[str] = []


@server.tool(title="List services", tags={"registry", "read"}, meta={"owner": "platform", "cost": 0.5},
             annotations=ToolAnnotations(readOnlyHint=True, idempotentHint=True, openWorldHint=False))
def list_services() -> list[Service]:
    """All registered servers, in the order of their paths."""
    return [Service(path=path, is_enabled=enabled, tags=["échantillon"]) for path, enabled in sorted(services.items())]


@server.tool(annotations=ToolAnnotations(title="Switch a service", readOnlyHint=False, destructiveHint=True, idempotentHint=True))
def toggle_service(path: Annotated[str, Field(pattern="^/[a-z]+$")], enabled: bool = True) -> Service:
    """Switches a registered server on or off."""
    if path not in services:
        raise ToolError(f"no service at {path}")
    return Service(path=path, is_enabled=enabled)


@server.tool(annotations={"readOnlyHint": False, "destructiveHint": False})
async def remember(value: str, ctx: Context) -> str | None:
    """Keeps a value for this session. The value before."""
    before = await ctx.get_state("kept")
    await ctx.set_state("kept", value)
    return before


@server.tool(annotations={"readOnlyHint": True})
async def recall(ctx: Context) -> str | None:
    """The value this session keeps."""
    return await ctx.get_state("kept")


add_load_tools(server)


@server.resource("registry://services", mime_type="application/json", tags={"registry"}, meta={"fresh": True})
def all_services() -> str:
    """The registry as a document."""
    return '{"services":["/fininfo"],"note":"ünï\\u2028code"}'


@server.resource("registry://services/{name}")
def one_service(name: str) -> str:
    """One entry of the registry."""
    return f"{name} is registered"


@server.prompt(title="Find a tool", tags={"search"})
def find_tool(task: str, limit: int = 3) -> str:
    """How to ask for a tool that does a task."""
    return f"Find at most {limit} tools for: {task}"


if __name__ == "__main__":
    server.run("stdio", show_banner=False)
