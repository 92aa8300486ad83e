"""Panels: what each kind of them has in common is said once. A panel gets its place and number from the dashboard."""
from dataclasses import dataclass, field

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
LOKI = {"type": "loki", "uid": "${loki}"}

GREEN, YELLOW, ORANGE, RED, PURPLE, BLUE, GREY = "green", "yellow", "orange", "red", "purple", "blue", "#808590"

# One colour for one meaning, on all dashboards.
OUTCOMES = {"ok": GREEN, "tool_error": YELLOW, "rpc_error": ORANGE, "timeout": RED, "child_exited": "dark-red",
            "unavailable": PURPLE, "busy": BLUE, "invalid": "light-orange", "cancelled": GREY}
LEVELS = {"info": GREEN, "warn": YELLOW, "error": RED, "critical": PURPLE, "debug": BLUE, "trace": GREY, "unknown": GREY}
PERCENTILES = {"p50": GREEN, "p95": YELLOW, "p99": RED}
STATE_NAMES = {0: ("no child", GREY), 1: ("ready", GREEN), 2: ("at rest", BLUE), 3: ("starting", YELLOW), 4: ("backoff", ORANGE),
               5: ("unavailable", PURPLE), 6: ("crash loop", RED)}


@dataclass
class Query:
    """`expr` in PromQL or LogQL. `legend` names its series; in tables it is the title of its column."""
    expr: str
    legend: str = ""


@dataclass
class Panel:
    """`spec` is the panel's JSON without place and number. A `repeat`ed panel shows once for each value of that variable."""
    width: int
    height: int
    spec: dict = field(default_factory=dict)


def steps(*pairs):
    """Thresholds: the colour from each value on; None is from the start."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}


PLAIN = steps((None, GREEN))


def mapped(names):
    """Numbers shown as words."""
    options = {str(number): {"text": text, "color": color, "index": index}
               for index, (number, (text, color)) in enumerate(names.items())}
    return [{"type": "value", "options": options}]


STATE = mapped(STATE_NAMES)


def by_name(name, **properties):
    """An override: what the series or column of that name has otherwise."""
    ids = {"color": "color", "unit": "unit", "decimals": "decimals", "thresholds": "thresholds", "mappings": "mappings",
           "cell": "custom.cellOptions", "width": "custom.width", "links": "links", "style": "custom.lineStyle", "min": "min",
           "max": "max", "fill": "custom.fillOpacity", "stacking": "custom.stacking"}
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": ids[key], "value": value} for key, value in properties.items()]}


def fixed(color):
    return {"mode": "fixed", "fixedColor": color}


def colored(colors):
    return [by_name(name, color=fixed(color)) for name, color in (colors or {}).items()]


def as_queries(queries):
    return [Query(query) if isinstance(query, str) else query for query in (queries if isinstance(queries, list) else [queries])]


def targets(queries, datasource, **more):
    made = []
    for number, query in enumerate(as_queries(queries)):
        target = {"refId": chr(ord("A") + number), "datasource": datasource, "expr": query.expr, **more}
        if query.legend:
            target["legendFormat"] = query.legend
        if datasource is LOKI:
            target["queryType"] = "instant" if more.get("instant") else "range"
        made.append(target)
    return made


def panel(kind, title, description, width, height, made, datasource, defaults, options, overrides=(), **more):
    return Panel(width, height, {
        "type": kind, "title": title, "description": description, "datasource": datasource, "targets": made,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)}, "options": options, **more})


def timeseries(title, description, queries, unit, *, width=8, height=8, stack=False, colors=None, thresholds=None, high=None,
               datasource=PROMETHEUS, overrides=(), bars=False, repeat=None, logarithmic=False):
    """Lines over time; `thresholds` are drawn as dashed lines, `bars` for counts in time, `logarithmic` for very different ones."""
    custom = {
        "drawStyle": "bars" if bars else "line", "lineInterpolation": "linear", "lineWidth": 1 if bars else 2,
        "fillOpacity": 70 if bars else (25 if stack else 8), "gradientMode": "none", "showPoints": "never", "spanNulls": False,
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if thresholds else "off"}}
    defaults = {"unit": unit, "min": 0, "color": {"mode": "palette-classic"}, "custom": custom, "thresholds": thresholds or PLAIN}
    if high is not None:
        defaults["max"] = high
    if logarithmic:
        custom["scaleDistribution"] = {"type": "log", "log": 10}
        del defaults["min"]
    options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    more = {"repeat": repeat, "repeatDirection": "h", "maxPerRow": 24 // width} if repeat else {}
    return panel("timeseries", title, description, width, height, targets(queries, datasource), datasource, defaults, options,
                 [*colored(colors), *overrides], **more)


def stat(title, description, queries, unit, *, width=4, height=4, thresholds=PLAIN, mappings=None, graph=True, filled=False,
         decimals=None, links=None, datasource=PROMETHEUS, named=False):
    """One number, or one for each series (`named`)."""
    defaults = {"unit": unit, "color": {"mode": "thresholds"}, "thresholds": thresholds}
    if mappings:
        defaults["mappings"] = mappings
    if decimals is not None:
        defaults["decimals"] = decimals
    if links:
        defaults["links"] = links
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto",
               "textMode": "value_and_name" if named else "value", "colorMode": "background" if filled else "value",
               "graphMode": "area" if graph else "none", "justifyMode": "auto", "wideLayout": True}
    return panel("stat", title, description, width, height, targets(queries, datasource), datasource, defaults, options)


def state_timeline(title, description, queries, mappings, *, width=24, height=7):
    defaults = {"unit": "none", "color": {"mode": "thresholds"}, "thresholds": PLAIN, "mappings": mappings,
                "custom": {"lineWidth": 0, "fillOpacity": 80}}
    options = {"mergeValues": True, "showValue": "auto", "rowHeight": 0.85, "alignValue": "left",
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
               "tooltip": {"mode": "single", "sort": "none"}}
    return panel("state-timeline", title, description, width, height, targets(queries, PROMETHEUS), PROMETHEUS, defaults, options)


def heatmap(title, description, metric_buckets, *, width=12, height=8):
    """How calls spread over a histogram's buckets, of seconds."""
    defaults = {"custom": {"scaleDistribution": {"type": "linear"}}}
    options = {"calculate": False, "cellGap": 1, "cellValues": {"unit": "short"}, "showValue": "never",
               "color": {"mode": "scheme", "scheme": "Oranges", "scale": "exponential", "exponent": 0.5, "steps": 64,
                         "reverse": False, "fill": "dark-orange"},
               "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-9}, "legend": {"show": True},
               "rowsFrame": {"layout": "auto"}, "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
               "yAxis": {"axisPlacement": "left", "unit": "s", "reverse": False}}
    return panel("heatmap", title, description, width, height,
                 targets([Query(metric_buckets, "{{le}}")], PROMETHEUS, format="heatmap"), PROMETHEUS, defaults, options)


def bar_gauge(title, description, query, unit, *, width=8, height=8, datasource=PROMETHEUS, color=BLUE):
    """The longest first, as of now."""
    defaults = {"unit": unit, "min": 0, "color": fixed(color), "thresholds": PLAIN}
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "horizontal",
               "displayMode": "basic", "valueMode": "text", "namePlacement": "auto", "showUnfilled": True, "sizing": "auto",
               "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 300,
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []}}
    return panel("bargauge", title, description, width, height, targets(query, datasource, instant=True), datasource, defaults,
                 options)


def table(title, description, key, columns, *, width=24, height=9, datasource=PROMETHEUS, key_links=None):
    """A row for each value of the label `key`; `columns` are (Query, properties of its column), the query's legend its title."""
    queries = [query for query, _ in columns]
    names = {key: key.capitalize()}
    overrides = [by_name(key.capitalize(), **({"links": key_links} if key_links else {}))]
    for number, (query, properties) in enumerate(columns):
        names[f"Value #{chr(ord('A') + number)}" if len(columns) > 1 else "Value"] = query.legend
        overrides.append(by_name(query.legend, **properties))
    bare = [Query(query.expr) for query in queries]
    return any_table(title, description, bare, names, {"Time": True}, overrides, width, height, datasource)


def label_table(title, description, expr, labels, *, width=24, height=9, datasource=PROMETHEUS):
    """A row for each series of the query: its labels in that order, and not its value."""
    names = {label: label.replace("_", " ").capitalize() for label in labels}
    return any_table(title, description, [Query(expr)], names, {"Time": True, "Value": True}, [], width, height, datasource)


def any_table(title, description, queries, names, without, overrides, width, height, datasource):
    transformations = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    transformations.append({"id": "organize", "options": {
        "excludeByName": without, "indexByName": {name: index for index, name in enumerate(names)}, "renameByName": names}})
    defaults = {"color": {"mode": "thresholds"}, "thresholds": PLAIN,
                "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}}
    options = {"cellHeight": "sm", "showHeader": True,
               "sortBy": [{"displayName": next(iter(names.values())), "desc": False}]}
    return panel("table", title, description, width, height, targets(queries, datasource, instant=True, format="table"), datasource,
                 defaults, options, overrides, transformations=transformations)


def logs(title, description, query, *, width=24, height=10):
    options = {"showTime": True, "showLabels": False, "showCommonLabels": False, "wrapLogMessage": True,
               "prettifyLogMessage": False, "enableLogDetails": True, "dedupStrategy": "none", "sortOrder": "Descending"}
    return panel("logs", title, description, width, height, targets(query, LOKI), LOKI, {}, options)
