"""What each client calls itself on its first request.

The gateway knows by these names which client refuses a large SSE event. When a new version of a client says something else,
this test fails before a user's session does.
"""

import pytest

from interoplib import programs
from interoplib.web import serving

EXPECTED = {
    "TypeScript SDK 1": "node", "TypeScript client 2": "node", "Python mcp 1": "python-httpx/", "Python mcp 2": "python-httpx2/",
}


@pytest.mark.parametrize("client", programs.clients(), ids=str)
def test_a_client_tells_its_library_in_user_agent(client, home):
    with serving(lambda method, path: (404, "text/plain", "not here")) as (url, seen):
        with pytest.raises(AssertionError, match="failed"):
            client.run(f"{url}/sse", "tour", home=home)
    assert seen[0]["method"] == ("GET" if client.transport == "sse" else "POST")
    headers = {name.lower(): text for name, text in seen[0]["headers"].items()}
    assert headers["user-agent"].startswith(EXPECTED[client.name.split(" over ")[0]]), headers
