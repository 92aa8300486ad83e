"""What every server has for the clients that load it."""
import asyncio


def add_load_tools(server):
    """Tools that answer at once, and after a while."""

    @server.tool(annotations={"readOnlyHint": True})
    def echo(text: str) -> str:
        """The text."""
        return text

    @server.tool(annotations={"readOnlyHint": True})
    async def ponder(text: str) -> str:
        """The text, after a while."""
        await asyncio.sleep(0.1)
        return text
