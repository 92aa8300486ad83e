"""A dashboard: rows of panels laid out from left to right, the variables above them, links and annotations."""
from boards.panels import PROMETHEUS

TAG = "mcp-gateway"


def datasource(name, kind, label):
    return {"type": "datasource", "name": name, "label": label, "query": kind, "regex": "", "hide": 0, "refresh": 1,
            "multi": False, "includeAll": False, "options": []}


def labels(name, query, label, description, *, allows_absent=False, pattern=""):
    """A variable of a label's values; several may be chosen, and all are at first."""
    made = {"type": "query", "name": name, "label": label, "description": description, "datasource": PROMETHEUS,
            "query": {"query": query, "refId": f"variable-{name}", "qryType": 3 if pattern else 1}, "regex": pattern,
            "multi": True, "includeAll": True, "refresh": 2, "sort": 1, "hide": 0, "options": [],
            "current": {"text": ["All"], "value": ["$__all"]}}
    if allows_absent:
        made["allValue"] = ".*"
    return made


def choice(name, label, description, values):
    """A variable of values we name; the first is chosen at first."""
    options = [{"text": value, "value": value, "selected": value == values[0]} for value in values]
    return {"type": "custom", "name": name, "label": label, "description": description, "query": ",".join(values),
            "multi": False, "includeAll": False, "hide": 0, "options": options, "current": options[0]}


PROMETHEUS_SOURCE = datasource("datasource", "prometheus", "Prometheus")
LOKI_SOURCE = datasource("loki", "loki", "Loki")
# A gateway that is in no pool has no such label, so all means: whatever it is, and be it nothing.
POOL = labels("pool", "label_values(mcp_gateway_build_info, pool)", "Pool",
              "gateway.pool of the configuration; empty if not set.", allows_absent=True)
INSTANCE = labels("instance", 'label_values(mcp_gateway_build_info{pool=~"$pool"}, instance)', "Instance",
                  "Gateways, by the address Prometheus scrapes.")
SERVER = labels("server", 'label_values(mcp_child_state{instance=~"$instance"}, server)', "Service",
                "MCP services, by their names in the configuration.")
# Only what was called: a service may have a hundred tools, and each gets a panel.
TOOL = labels("tool", 'query_result(topk(16, sum by (tool) (increase(mcp_server_tool_calls_total{server=~"$server", '
              'instance=~"$instance"}[$__range])) > 0))', "Tool", "Most called tools of the selected services in the selected time range.",
              pattern='/tool="([^"]*)"/')

STARTS = {"name": "Gateway starts", "datasource": PROMETHEUS, "enable": True, "iconColor": "blue",
          "expr": 'process_start_time_seconds{instance=~"$instance"} * 1000', "useValueForTime": "on", "step": "60s",
          "titleFormat": "Gateway started", "textFormat": "{{instance}}"}
RESTARTS = {"name": "Child restarts", "datasource": PROMETHEUS, "enable": True, "iconColor": "orange", "step": "60s",
            "expr": 'sum by (server, reason) (increase(mcp_child_restarts_total{server=~"$server", '
                    'instance=~"$instance"}[1m])) > 0',
            "titleFormat": "{{server}} restarted", "textFormat": "{{reason}}"}

BETWEEN_DASHBOARDS = {"type": "dashboards", "title": "MCP dashboards", "tags": [TAG], "asDropdown": False, "icon": "external link",
                      "includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}

TO_SERVICE = [{"title": "Open ${__data.fields.Server}", "targetBlank": False,
               "url": "/d/mcp-service?var-server=${__data.fields.Server}&${__url_time_range}"}]


def place(rows):
    """The panels with their places and numbers: a title for each row, then its panels, as many beside each other as fit."""
    placed, y = [], 0
    for title, panels in rows:
        placed.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        y, x, line = y + 1, 0, 0
        for panel in panels:
            if x + panel.width > 24:
                y, x, line = y + line, 0, 0
            placed.append({**panel.spec, "gridPos": {"h": panel.height, "w": panel.width, "x": x, "y": y}})
            x, line = x + panel.width, max(line, panel.height)
        y += line
    return [{"id": number, **panel} for number, panel in enumerate(placed, 1)]


def dashboard(uid, title, description, variables, rows, annotations=(STARTS, RESTARTS), span="now-3h"):
    return {
        "uid": uid, "title": title, "description": description, "tags": [TAG], "schemaVersion": 42, "version": 1,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "fiscalYearStartMonth": 0,
        "time": {"from": span, "to": "now"}, "timepicker": {},
        "annotations": {"list": list(annotations)}, "links": [BETWEEN_DASHBOARDS],
        "templating": {"list": list(variables)}, "panels": place(rows)}
