"""A tool and a prompt that come and go, and how clients hear of it in each revision."""

from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.subscriptions import PromptsListChanged, ToolsListChanged

bus = InMemorySubscriptionBus()  # to clients that listen, from 2026-07-28


class Extra:
    """An entry of a list that is there or not."""

    def __init__(self, event, notify):
        self.exists = False
        self._event = event
        self._notify = notify

    async def toggle(self, call):
        self.exists = not self.exists
        await bus.publish(self._event)
        if not call.is_modern:
            await self._notify(call.session)


extra_tool = Extra(ToolsListChanged(), lambda session: session.send_tool_list_changed())
extra_prompt = Extra(PromptsListChanged(), lambda session: session.send_prompt_list_changed())
