"""Prices of shares, as a FastMCP server: structured results, progress, and a market that never opens."""
import asyncio
from typing import Annotated

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from load_tools import add_load_tools

server = FastMCP("fininfo", version="3.1", mask_error_details=True)
calls = 0  # of this process, whoever calls


class Bar(TypedDict):
    day: int
    close: float


class Aggregates(TypedDict):
    ticker: str
    bars: list[Bar]


@server.tool(title="Prices of a share", tags={"finance"},
             annotations=ToolAnnotations(readOnlyHint=True, destructiveHint=False, idempotentHint=True, openWorldHint=True))
async def get_stock_aggregates(ticker: Annotated[str, Field(min_length=1, max_length=5, description="Such as MSFT")],
                               ctx: Context, days: Annotated[int, Field(ge=1, le=30)] = 3) -> Aggregates:
    """Closing prices by day, with progress for each day."""
    if ticker == "NONE":
        raise ToolError("unknown ticker: «NONE»")
    bars: list[Bar] = []
    for day in range(1, days + 1):
        await ctx.report_progress(day, days, f"day {day}")
        bars.append({"day": day, "close": 100 + day / 4})
    return {"ticker": ticker, "bars": bars}


@server.tool(annotations={"readOnlyHint": True})
def divide(amount: float, shares: float) -> float:
    """Its error is not one for clients: FastMCP masks it."""
    return amount / shares


@server.tool(annotations={"readOnlyHint": True, "title": "Wait for the market"})
async def wait_for_market() -> str:
    """Never answers."""
    await asyncio.Event().wait()
    return "open"


@server.tool(annotations={"readOnlyHint": False, "destructiveHint": False})
async def count_calls() -> int:
    """How often this process was asked, by anybody."""
    global calls
    calls += 1
    return calls


add_load_tools(server)


@server.resource("fininfo://markets", name="Markets", mime_type="text/plain")
def markets() -> str:
    """Which markets there are."""
    return "XNYS\nXNAS\n"


@server.prompt
def analyse(ticker: str) -> list[str]:
    """What to ask about a share."""
    return [f"What did {ticker} do this week?", "Answer in one sentence."]


if __name__ == "__main__":
    server.run("stdio", show_banner=False)
