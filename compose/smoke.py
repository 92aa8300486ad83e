"""Run by smoke.sh in LiteLLM's container, from which all nine services are reachable."""
import argparse
import json
import os
import time
import urllib.error
import urllib.request

LITELLM = "http://127.0.0.1:4000"
NINE = ("filesystem", "monitoring", "memory", "fetch", "postgres", "github", "n8n", "playwright", "timescaledb")
# For each service tools, their arguments, and a string expected in the answer; the first one that is listed is called.
CALLS = {
    "filesystem": [("list_allowed_directories", {}, "/data")],
    "monitoring": [("query_prometheus", {"datasourceUid": "prometheus", "expr": "up", "queryType": "instant"}, "mcp-gateway"),
                   ("prometheus_query", {"query": "up"}, "mcp-gateway")],
    "memory": [("memory_health", {}, "ok")],
    "fetch": [("fetch", {"url": "{page}"}, "Contents of {page}")],
    "postgres": [("execute_sql", {"sql": "SELECT 6 * 7 AS answer"}, "42")],
    "github": [("get_me", {}, "login")],
    "n8n": [("n8n_list_workflows", {"limit": 1}, '"success": true'),
            ("search_nodes", {"query": "webhook", "limit": 1}, "webhook")],
    "playwright": [("browser_navigate", {"url": "about:blank"}, "about:blank")],
    "timescaledb": [("tsdb_database_stats", {}, "timescaledb_version")],
}


def ask(url, body=None, timeout=180, key=None):
    """The JSON of the response, whatever its status. Raises OSError or ValueError if there is none."""
    headers = {"Content-Type": "application/json"} | ({"x-litellm-api-key": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def health_of(service):
    try:
        return ask(f"http://mcp-{service}:9090/health", timeout=5)["servers"][service]
    except (OSError, ValueError, KeyError) as error:
        return {"state": "unreachable", "reason": str(error)}


def settled(health):
    """Whether waiting would change nothing. A service that starts its server only for who asks is as good as ready."""
    return health["state"] in ("ready", "idle", "on_demand", "unavailable")


def wait_for_all(patience):
    end = time.monotonic() + patience
    while True:
        found = {service: health_of(service) for service in NINE}
        if all(map(settled, found.values())) or time.monotonic() > end:
            return found
        time.sleep(1)


def wait_for_litellm(patience):
    end = time.monotonic() + patience
    while True:
        try:
            return ask(f"{LITELLM}/health/liveliness", timeout=5)
        except (OSError, ValueError):
            if time.monotonic() > end:
                raise SystemExit("LiteLLM does not answer") from None
            time.sleep(1)


def list_tools(service, key):
    found = ask(f"{LITELLM}/mcp-rest/tools/list?server_id={service}", key=key)
    return sorted(tool["name"] for tool in found.get("tools") or [])


def call(service, tools, page, key):
    """The tool that was called, the milliseconds it took, and what was wrong with the answer, if anything."""
    def filled(text):
        return text.replace("{page}", page)

    suitable = [entry for entry in CALLS[service] if entry[0] in tools]
    if not suitable:
        return "-", 0, f"lists none of {', '.join(entry[0] for entry in CALLS[service])}"
    tool, arguments, expected = suitable[0]
    begun = time.monotonic()
    answer = ask(f"{LITELLM}/mcp-rest/tools/call",
                 {"server_id": service, "name": tool, "arguments": json.loads(filled(json.dumps(arguments)))}, key=key)
    took = round(1000 * (time.monotonic() - begun))
    if not isinstance(answer, dict) or "content" not in answer:
        return tool, took, f"answered {json.dumps(answer)[:300]}"
    text = "\n".join(block.get("text", "") for block in answer["content"])
    if answer.get("isError") or filled(expected) not in text:
        return tool, took, f"answered {' '.join(text.split())[:300]!r}"
    return tool, took, None


def row(service, state, tools="", called="", took="", result=""):
    print(f"{service:<12} {state:<12} {tools!s:>5}  {called:<26} {took!s:>6}  {result}", flush=True)


def try_service(service, health, without, page, key):
    """Prints the service's line. Whether all is well with it."""
    if health["state"] == "unavailable" and service in without:
        row(service, health["state"], result=f"left out: {health['reason']}")
        return True
    if not settled(health) or health["state"] == "unavailable":
        row(service, health["state"], result=f"FAILED: {health.get('reason', 'no reason given')}")
        return False
    try:
        tools = list_tools(service, key)
        called, took, wrong = call(service, tools, page, key)
    except (OSError, ValueError) as error:
        tools, called, took, wrong = [], "-", 0, f"{type(error).__name__}: {error}"
    row(service, health["state"], len(tools), called, took, f"FAILED: {wrong}" if wrong else "ok")
    return not wrong


def main():
    parser = argparse.ArgumentParser(prog="smoke.sh")
    parser.add_argument("--page", required=True)
    parser.add_argument("--without", action="append", default=[], choices=NINE)
    parser.add_argument("--patience", type=int, default=120)
    arguments = parser.parse_args()
    key = os.environ["LITELLM_MASTER_KEY"]

    wait_for_litellm(arguments.patience)
    health = wait_for_all(arguments.patience)
    row("service", "state", "tools", "called", "ms", "result")
    good = [try_service(service, health[service], arguments.without, arguments.page, key) for service in NINE]
    print(f"{sum(good)} of {len(NINE)} as they should be")
    raise SystemExit(not all(good))


main()
