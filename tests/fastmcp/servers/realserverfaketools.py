"""Tools that do nothing in impressive words, as a FastMCP server: nested arguments, blocks of every type, states of sessions."""
from enum import Enum
from typing import Annotated, Any, Literal

from fastmcp import Context, FastMCP
from fastmcp.tools.tool import ToolResult
from fastmcp.utilities.types import Image
from mcp.types import TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from load_tools import add_load_tools

server = FastMCP("realserverfaketools", version="3.1")


class Mode(Enum):
    CALM = "calm"
    WILD = "wild"


class Geospatial(BaseModel):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    altitude_m: float | None = None


@server.tool(title="Analyse quantum flux", annotations=ToolAnnotations(readOnlyHint=True, idempotentHint=True))
def quantum_flux_analyzer(energy_level: Annotated[int, Field(ge=1, le=10)] = 5, stabilization: float = 0.75,
                          mode: Mode = Mode.CALM) -> dict[str, Any]:
    """Measures nothing."""
    return {"energy": energy_level, "flux": stabilization * energy_level, "mode": mode.value, "id": 9007199254740993, "none": None}


@server.tool(annotations={"title": "Map a hyperspectral place", "readOnlyHint": True})
def hyperspectral_mapper(place: Geospatial, layers: list[Literal["red", "infrared"]]) -> Geospatial:
    """Gives back where it was asked to look."""
    return place


@server.tool(output_schema=None)
def picture() -> list:
    """Text and a picture, without structured content."""
    return ["a dot", Image(data=b"\x89PNG\r\n\x1a\n", format="png")]


@server.tool
def labelled(text: str) -> ToolResult:
    """A result with a _meta of its own."""
    return ToolResult(content=[TextContent(type="text", text=text)], structured_content={"said": text}, meta={"took": "no time"})


@server.tool(annotations={"destructiveHint": True})
async def calibrate(step: int, ctx: Context) -> list[int]:
    """All steps of this session so far, with this one."""
    steps = [*(await ctx.get_state("steps") or []), step]
    await ctx.set_state("steps", steps)
    return steps


add_load_tools(server)


@server.resource("fake://flux/{level}{?mode}", mime_type="application/json")
def flux(level: int, mode: str = "calm") -> dict:
    """The flux at a level."""
    return {"level": level, "mode": mode}


@server.resource("fake://sample.bin", mime_type="application/octet-stream")
def sample() -> bytes:
    """Four bytes that are no text."""
    return b"\x00\xff\x80\n"


@server.prompt(meta={"tone": "dry"})
def report(finding: Annotated[str, Field(description="What was found")]) -> str:
    """A report about a finding."""
    return f"Report: {finding}"


if __name__ == "__main__":
    server.run("stdio", show_banner=False)
