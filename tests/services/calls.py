"""A real call and a wrong one for each of the nine, and what the answers to calls say."""
from dataclasses import dataclass, field


@dataclass
class Asked:
    """A tool, its arguments, and what must stand in its answer. `filled` replaces {site} and {files}."""

    tool: str
    says: str
    arguments: dict = field(default_factory=dict)


REAL = {
    "filesystem": Asked("read_text_file", "hello from a file", {"path": "{files}/hello.txt"}),
    "monitoring": Asked("prometheus_query", '"job":"mcp-gateway"', {"query": 'mcp_child_up{server="monitoring"}'}),
    "memory": Asked("search_nodes", "wrote the first program", {"query": "LOVELACE"}),
    "fetch": Asked("fetch", "what stands at /page of the site", {"url": "{site}/page"}),
    "postgres": Asked("execute_sql", '"total":42', {"sql": "SELECT sum(amount) AS total FROM orders"}),
    "github": Asked("search_repositories", "example/gateway", {"query": "gateway"}),
    "n8n": Asked("n8n_list_workflows", "A workflow for tests", {"limit": 10}),
    "playwright": Asked("browser_navigate", "page.goto(", {"url": "{site}/page"}),
    "timescaledb": Asked("tsdb_query", '"bucket":"2026-01-01T00:00:00+00:00"',
                         {"query": "SELECT time_bucket('1 day', timestamptz '2026-01-01 13:00+00') AS bucket"}),
}
WRONG = {
    "filesystem": Asked("read_text_file", "Access denied", {"path": "/etc/hostname"}),
    "monitoring": Asked("prometheus_query", "400: Bad Request", {"query": "up{"}),
    "memory": Asked("add_observations", "no entity named 'Nobody'",
                    {"observations": [{"entityName": "Nobody", "contents": ["x"]}]}),
    "fetch": Asked("fetch", "404", {"url": "{site}/missing"}),
    "postgres": Asked("execute_sql", "read-only transaction", {"sql": "DELETE FROM orders"}),
    "github": Asked("get_issue", "Not Found", {"owner": "example", "repo": "none", "issue_number": 1}),
    "n8n": Asked("n8n_get_workflow", "not found", {"id": "NONE"}),
    "playwright": Asked("browser_click", "e999", {"target": "e999", "element": "nothing"}),
    "timescaledb": Asked("tsdb_show_chunks", 'relation "none" does not exist', {"hypertable": "none"}),
}


def filled(value, site, files):
    """Arguments with the address of the site and the folder of the files in them."""
    if isinstance(value, dict):
        return {name: filled(inner, site, files) for name, inner in value.items()}
    if isinstance(value, str):
        return value.replace("{site}", site.url).replace("{files}", str(files))
    return value


def text_of(result):
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")


def text_of_success(answer):
    assert "result" in answer and not answer["result"].get("isError"), answer
    return text_of(answer["result"])


def text_of_failure(service, answer):
    """The words of a failed call. n8n's tools say it in their text alone; the archived GitHub server with an RPC error."""
    if service == "github":
        return answer["error"]["message"]
    text = text_of(answer["result"])
    assert answer["result"].get("isError") is True or (service == "n8n" and '"success": false' in text), answer
    return text
