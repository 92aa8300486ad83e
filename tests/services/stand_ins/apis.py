"""Each function makes the `answer` of a backends.Web. Who does not show the token is refused, as by the real ones."""
import urllib.request
from urllib.error import HTTPError
from urllib.parse import urlsplit

from backends import in_json


def website(_method, path, _headers, _body):
    """A small site: pages that name themselves, and one that is not there."""
    if path == "/robots.txt":
        return 200, "text/plain", "User-agent: *\nAllow: /\n"
    if path == "/missing":
        return 404, "text/html", "<html><body>nothing here</body></html>"
    return 200, "text/html", f"""<html><head><title>The page {path}</title></head>
<body><h1>A page for tests</h1><p>This is what stands at {path} of the site.</p></body></html>"""


def github(repositories):
    """`repositories` holds, for each token, the name of the one repository that its holder can see."""
    def described(name):
        return {**repository, "name": name.partition("/")[2], "full_name": name}

    repository = {"id": 1, "node_id": "R1", "name": "gateway", "full_name": "example/gateway", "private": False,
                  "owner": {"login": "example", "id": 1, "node_id": "U1", "avatar_url": "https://example.test/a",
                            "url": "https://example.test/u", "html_url": "https://example.test/h", "type": "User"},
                  "html_url": "https://example.test/example/gateway", "description": "seen by a test", "fork": False,
                  "url": "https://example.test/r", "created_at": "2026-01-01T00:00:00Z",
                  "updated_at": "2026-01-01T00:00:00Z", "pushed_at": "2026-01-01T00:00:00Z", "git_url": "git://x",
                  "ssh_url": "git@x", "clone_url": "https://example.test/x.git", "default_branch": "main"}

    def answer(_method, path, headers, _body):
        seen = repositories.get((headers.get("Authorization") or "").removeprefix("Bearer "))
        if seen is None:
            return in_json({"message": "Bad credentials"}, 401)
        if urlsplit(path).path == "/search/repositories":
            return in_json({"total_count": 1, "incomplete_results": False, "items": [described(seen)]})
        return in_json({"message": "Not Found"}, 404)

    return answer


def n8n(key):
    workflow = {"id": "W1", "name": "A workflow for tests", "active": False, "isArchived": False, "nodes": [],
                "connections": {}, "tags": [], "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-01T00:00:00.000Z"}

    def answer(_method, path, headers, _body):
        if headers.get("X-N8N-API-KEY") != key:
            return in_json({"message": "unauthorized"}, 401)
        if urlsplit(path).path == "/api/v1/workflows":
            return in_json({"data": [workflow], "nextCursor": None})
        if path == "/api/v1/workflows/W1":
            return in_json(workflow)
        return in_json({"message": "not found"}, 404)

    return answer


def grafana(token, prometheus_port):
    """Grafana with one data source, a real Prometheus, whose answers it hands on."""
    source = {"id": 1, "uid": "prometheus", "name": "Prometheus", "type": "prometheus", "access": "proxy",
              "url": f"http://127.0.0.1:{prometheus_port}", "isDefault": True, "jsonData": {}}
    proxies = ("/api/datasources/proxy/uid/prometheus", "/api/datasources/uid/prometheus/resources")

    def answer(method, path, headers, body):
        if headers.get("Authorization") != f"Bearer {token}":
            return in_json({"message": "Invalid API key"}, 401)
        if urlsplit(path).path == "/api/datasources":
            return in_json([source])
        if path in ("/api/datasources/uid/prometheus", "/api/datasources/1"):
            return in_json(source)
        for proxy in proxies:
            if path.startswith(proxy + "/"):
                return hand_on(method, source["url"] + path.removeprefix(proxy), headers, body)
        return in_json({"message": f"Not found: {path}"}, 404)

    return answer


def hand_on(method, url, headers, body):
    asked = urllib.request.Request(url, data=body or None, method=method,
                                   headers={"Content-Type": headers.get("Content-Type") or "text/plain"})
    try:
        with urllib.request.urlopen(asked, timeout=20) as found:
            return found.status, found.headers["Content-Type"], found.read().decode()
    except HTTPError as refused:
        return refused.code, refused.headers["Content-Type"], refused.read().decode()
