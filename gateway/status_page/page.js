
"use strict";
// What children send (names, descriptions, results, log lines) is added to the page as text, never as markup.

const $ = (id) => document.getElementById(id);

// --- making elements

// h("p", {class: "muted", onclick: f}, "text", child...): properties, data-* and aria-* as attributes.
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name === "class" ? "class" : name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Sets a text only if it changed, so that screen readers do not announce it again.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- formatting of numbers

const amount = (n) => n >= 1e6 ? (n / 1e6).toFixed(1) + "M" : n >= 1e4 ? (n / 1e3).toFixed(1) + "k"
  : n >= 100 || Number.isInteger(n) ? String(Math.round(n)) : n.toFixed(1);
const latency = (ms) => ms === undefined ? "–" : ms < 1 ? ms.toFixed(2) + " ms" : ms < 10 ? ms.toFixed(1) + " ms"
  : ms < 1000 ? Math.round(ms) + " ms" : (ms / 1000).toFixed(1) + " s";
const bytes = (n) => !n ? "–" : n < 1048576 ? Math.round(n / 1024) + " KB" : n < 1073741824 ? Math.round(n / 1048576) + " MB"
  : (n / 1073741824).toFixed(1) + " GB";
function lasted(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const at = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  if (seconds < 1) return "0 s";
  const [unit, size] = units[at];
  const next = units[at + 1];
  const rest = next ? Math.floor(seconds % size / next[1]) : 0;
  return Math.floor(seconds / size) + " " + unit + (rest ? " " + rest + " " + next[0] : "");
}

// --- requests to the gateway

const TOKEN = "mcp-gateway admin token";
let token = sessionStorage.getItem(TOKEN) || "";
let status = null;

// {ok, code, body}; on failure body.error is a sentence.
async function ask(path, posted, shown = token) {
  const options = {headers: shown ? {Authorization: "Bearer " + shown} : {}};
  if (posted) Object.assign(options, {method: "POST", body: JSON.stringify(posted)});
  try {
    const answer = await fetch(path, options);
    const body = await answer.json().catch(() => ({error: "the answer could not be read (status " + answer.status + ")"}));
    if (answer.status === 401 && shown === token) signOut();
    return {ok: answer.ok, code: answer.status, body};
  } catch {
    return {ok: false, code: 0, body: {error: "the gateway does not answer"}};
  }
}

const serviceUrl = (name, what) => "api/services/" + encodeURIComponent(name) + "/" + what;

// --- live updates updates

let source = null;
let retry = 0;

function connect() {
  source = new EventSource("api/events");
  source.addEventListener("status", (event) => {
    clearTimeout(retry);
    setLive("live", "live");
    $("disconnected").hidden = true;
    document.body.classList.remove("stale");
    show(JSON.parse(event.data));
  });
  source.onerror = () => {
    setLive("lost", "disconnected");
    document.body.classList.add("stale");
    const since = status ? " The page shows the state at " + new Date(status.timestamp).toLocaleTimeString() + "." : "";
    $("disconnected").hidden = false;
    say($("disconnected"), "Disconnected from the gateway; reconnecting." + since);
    source.close();
    clearTimeout(retry);
    retry = setTimeout(connect, 2000);
  };
}

function setLive(state, text) {
  $("live").dataset.state = state;
  say($("live"), text);
}

// --- overall status

const WORDS = {HEALTHY: "All is well", DEGRADED: "Degraded", UNHEALTHY: "Unhealthy", DRAINING: "Draining"};

function show(news) {
  const first = !status;
  status = news;
  $("overall").dataset.status = news.status;
  say($("overall-title"), WORDS[news.status] || news.status);
  say($("overall-why"), sentence(news.reason || allIsWell(Object.entries(news.servers))));
  say($("about"), news.instance_id + " · version " + news.version + " · up " + lasted(news.uptime_seconds));
  document.title = (news.status === "HEALTHY" ? "" : "! ") + "mcp-gateway · " + news.instance_id;
  showTiles(Object.values(news.servers));
  showServices(news.servers);
  showRights();
  if (first) loadLogs();
}

// A service that lacks a prerequisite is not expected to run here, unless it is required.
const isLeftOut = (server) => server.state === "unavailable" && !server.required;

function allIsWell(servers) {
  const left = servers.filter(([, server]) => isLeftOut(server)).map(([name]) => name);
  const count = servers.length - left.length;
  return (count === 1 ? "1 service is healthy" : "all " + count + " services are healthy") +
    (left.length ? "; without their prerequisites: " + left.join(", ") : "");
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

function showTiles(servers) {
  const sum = (of) => servers.reduce((total, server) => total + of(server), 0);
  const errors = sum((s) => s.traffic.errors_per_minute);
  const tiles = {
    "Healthy services": servers.filter((s) => s.status === "HEALTHY").length + " of " + servers.filter((s) => !isLeftOut(s)).length,
    "Calls per minute": amount(sum((s) => s.traffic.calls_per_minute)),
    "Errors per minute": amount(errors),
    "Sessions": amount(sum((s) => s.sessions)),
    "Calls in flight": amount(sum((s) => s.calls_in_flight)),
    "Memory of children": bytes(sum((s) => s.traffic.memory_bytes)),
  };
  if (!$("tiles").children.length) {
    $("tiles").append(...Object.keys(tiles).map((name) => h("div", {}, h("dt", {}, name), h("dd", {}))));
  }
  Object.values(tiles).forEach((text, i) => say($("tiles").children[i].lastChild, text));
}

// --- services

const cards = new Map();

function showServices(servers) {
  for (const [name, server] of Object.entries(servers)) {
    if (!cards.has(name)) {
      cards.set(name, new Card(name));
      $("services").append(cards.get(name).element);
    }
    cards.get(name).show(server);
  }
}

const STATES = {ready: "ready", starting: "starting", backoff: "starts again soon", crash_loop: "crash loop", idle: "asleep",
  stopping: "stopping", stopped: "stopped", on_demand: "on demand", unavailable: "not set up", unknown: "unknown"};

class Card {
  constructor(name) {
    this.name = name;
    const id = "service-" + cards.size;
    this.pill = h("span", {class: "pill"});
    this.chart = h("span", {class: "chart"});
    this.figures = ["calls / min", "errors / min", "p95", "sessions", "memory"].map((label) => {
      const value = h("b", {});
      return {value, element: h("span", {class: "figure"}, value, h("span", {}, label))};
    });
    this.why = h("span", {class: "why"});
    this.head = h("button", {type: "button", class: "head", "aria-expanded": "false", "aria-controls": id, onclick: () => this.toggle()},
      h("span", {class: "chevron", "aria-hidden": "true"}, "▶"),
      h("span", {class: "who"}, h("bdi", {class: "name"}, name), this.pill), this.chart,
      h("span", {class: "figures"}, ...this.figures.map((figure) => figure.element)), this.why);
    this.body = h("div", {class: "body", id, hidden: true});
    this.element = h("article", {class: "service card", "aria-label": name}, h("h3", {class: "heading"}, this.head), this.body);
  }

  show(server) {
    this.server = server;
    const traffic = server.traffic;
    this.pill.dataset.status = isLeftOut(server) ? "OFF" : server.status;
    say(this.pill, server.status === "DRAINING" ? "drained" : STATES[server.state] || server.state);
    const texts = [amount(traffic.calls_per_minute), amount(traffic.errors_per_minute), latency(traffic.p95_ms),
      amount(server.sessions), bytes(traffic.memory_bytes)];
    texts.forEach((text, i) => say(this.figures[i].value, text));
    this.figures[1].value.classList.toggle("bad", traffic.errors_per_minute > 0);
    say(this.why, server.reason ? sentence(server.reason) : "");
    this.why.hidden = !server.reason;
    this.draw(traffic.history);
    if (!this.body.hidden) this.showFacts();
  }

  draw(history) {
    const drawn = JSON.stringify(history);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const most = Math.max(4, ...history.calls);
    const step = 180 / history.calls.length;
    const bars = (counts) => counts.map((count, i) => count
      ? "M" + (i * step).toFixed(1) + " 32v" + (-Math.max(1, 31 * count / most)).toFixed(1) + "h" + (step * .72).toFixed(1) + "V32z" : "").join("");
    const sum = (counts) => counts.reduce((a, b) => a + b, 0);
    this.chart.replaceChildren(svg("svg", {class: "spark", viewBox: "0 0 180 33", preserveAspectRatio: "none", role: "img",
      "aria-label": sum(history.calls) + " calls in the last 30 minutes, " + sum(history.errors) + " of them failed"},
    svg("path", {class: "calls", d: bars(history.calls)}), svg("path", {class: "errors", d: bars(history.errors)}),
    svg("path", {class: "ground", d: "M0 32.5h180"})));
  }

  toggle() {
    const opens = this.body.hidden;
    this.head.setAttribute("aria-expanded", String(opens));
    this.body.hidden = !opens;
    if (opens && !this.body.children.length) this.fill();
    if (opens) {
      this.showFacts();
      this.tools.load();
      this.log.load();
    }
  }

  fill() {
    this.facts = h("dl", {class: "facts"});
    this.restart = h("button", {type: "button", onclick: () => this.askRestart()}, "Restart");
    this.drain = h("button", {type: "button", onclick: () => this.askDrain()}, "Drain");
    this.reset = h("button", {type: "button", onclick: () => this.act("reset-circuit", "lets calls through again")}, "Reset circuit");
    this.actions = h("div", {class: "row", role: "group", "aria-label": "Actions on " + this.name}, this.restart, this.drain, this.reset);
    this.tools = new Tools(this);
    this.log = new Log(h("div", {}), this.name);
    this.body.append(this.facts, this.actions, this.tools.element,
      h("section", {"aria-label": "Log of " + this.name}, h("h3", {}, "Last events"), this.log.element));
  }

  showFacts() {
    const server = this.server;
    const traffic = server.traffic;
    const facts = {
      "Protocol": server.protocol || "–", "Children": server.children, "Isolation": server.isolation,
      "Calls in flight": server.calls_in_flight, "Calls in total": amount(traffic.calls_total), "Errors in total": amount(traffic.errors_total),
      "Latency p50 / p95": latency(traffic.p50_ms) + " / " + latency(traffic.p95_ms),
      "Restarts": server.restarts, "CPU": traffic.cpu_cores === undefined ? "–" : Math.round(traffic.cpu_cores * 100) + " %", "Memory": bytes(traffic.memory_bytes),
    };
    if (server.last_exit) facts["Last exit"] = server.last_exit;
    if (server.probe) facts["Probe"] = server.probe.status + (server.probe.ms ? " in " + latency(server.probe.ms) : "");
    if (server.circuit) facts["Circuit"] = server.circuit.state.replace("_", "-");
    if (server.loop !== undefined) facts["Loop"] = server.loop;
    const names = Object.keys(facts).join();
    if (this.factNames !== names) {
      this.factNames = names;
      this.facts.replaceChildren(...Object.keys(facts).map((name) => h("div", {}, h("dt", {}, name), h("dd", {}))));
    }
    Object.values(facts).forEach((value, i) => say(this.facts.children[i].lastChild, String(value)));
    say(this.drain, server.status === "DRAINING" ? "Accept sessions again" : "Drain");
    this.reset.hidden = !server.tool_circuits && (server.circuit || {state: "closed"}).state === "closed";
    this.actions.hidden = !token || server.state === "unavailable";
    this.tools.showRights();
  }

  async askRestart() {
    const owed = this.server.calls_in_flight;
    if (!await sure("Restart " + this.name + "?", "Its processes are terminated and started again. " +
      (owed ? owed + " calls in flight are answered, or fail with an error." : "Sessions are kept."), "Restart")) return;
    await this.act("restart", "is being restarted");
  }

  async askDrain() {
    const drained = this.server.status === "DRAINING";
    if (!drained && !await sure("Drain " + this.name + "?", "New sessions are rejected; existing ones continue.", "Drain")) return;
    await this.act(drained ? "undrain" : "drain", drained ? "accepts sessions again" : "accepts no new sessions");
  }

  async act(action, done) {
    const answer = await ask(serviceUrl(this.name, action), {});
    toast(answer.ok ? this.name + " " + done + "." : sentence(answer.body.error));
  }
}

// --- tools

class Tools {
  constructor(card) {
    this.card = card;
    this.search = h("input", {type: "search", placeholder: "Search tools", "aria-label": "Search the tools of " + card.name, oninput: () => this.filter()});
    this.count = h("span", {class: "muted", role: "status"});
    this.list = h("div", {});
    this.element = h("section", {"aria-label": "Tools of " + card.name}, h("div", {class: "row"}, h("h3", {}, "Tools"), this.search, this.count), this.list);
  }

  async load() {
    const answer = await ask(serviceUrl(this.card.name, "tools"));
    if (!answer.ok) return say(this.count, sentence(answer.body.error));
    const known = JSON.stringify(answer.body.tools);
    if (known === this.known) return;
    this.known = known;
    this.tools = answer.body.tools.filter((tool) => tool && typeof tool.name === "string").map((tool) => new Tool(this.card, tool));
    this.list.replaceChildren(...this.tools.map((tool) => tool.element));
    this.filter();
  }

  filter() {
    if (!this.tools) return;
    const wanted = this.search.value.trim().toLowerCase();
    for (const tool of this.tools) tool.element.hidden = !tool.text.includes(wanted);
    const shown = this.tools.filter((tool) => !tool.element.hidden).length;
    say(this.count, wanted ? shown + " of " + this.tools.length : String(this.tools.length));
  }

  showRights() {
    for (const tool of this.tools || []) tool.showRights();
  }
}

class Tool {
  constructor(card, tool) {
    this.card = card;
    this.tool = tool;
    const about = typeof tool.description === "string" ? tool.description : "";
    this.text = (tool.name + " " + about).toLowerCase();
    this.inside = h("div", {class: "inside"});
    this.element = h("details", {class: "tool", ontoggle: () => this.fill()},
      h("summary", {}, h("bdi", {class: "mono"}, tool.name), h("bdi", {class: "muted"}, about)), this.inside);
  }

  fill() {
    if (!this.element.open || this.inside.children.length) return;
    this.trial = h("div", {});
    this.inside.append(this.trial, h("details", {}, h("summary", {}, "Schema"),
      h("pre", {tabIndex: 0, "aria-label": "Schema of " + this.tool.name}, JSON.stringify(this.tool.inputSchema ?? {}, null, 2))));
    this.showRights();
  }

  showRights() {
    if (!this.trial) return;
    const may = !token ? "signed out" : this.card.server.isolation !== "shared" ? "private" : "form";
    if (may === this.may) return;
    this.may = may;
    const texts = {"signed out": status.actions ? "Sign in to try it." : "To try it, configure gateway.admin_token.",
      private: "Each client has a child of its own, so there is no shared one to try it with."};
    this.trial.replaceChildren(may === "form" ? new Trial(this.card.name, this.tool).element : h("p", {class: "muted"}, texts[may]));
  }
}

let trials = 0;

// Form fields for simple schemas, and JSON for everything else.
class Trial {
  constructor(service, tool) {
    this.service = service;
    this.tool = tool;
    this.id = "trial-" + ++trials;
    const schema = tool.inputSchema && typeof tool.inputSchema === "object" ? tool.inputSchema : {};
    const required = Array.isArray(schema.required) ? schema.required : [];
    const properties = schema.properties && typeof schema.properties === "object" ? Object.entries(schema.properties) : [];
    this.fields = properties.map(([name, about], i) => new Field(this.id + "-" + i, name, about || {}, required.includes(name)));
    this.form = h("div", {class: "fields"}, ...this.fields.map((field) => field.element));
    this.json = h("textarea", {class: "mono", spellcheck: false, "aria-label": "Arguments of " + tool.name + " as JSON", hidden: true});
    this.as = h("button", {type: "button", "aria-pressed": "false", onclick: () => this.swap()}, "Edit as JSON");
    this.run = h("button", {type: "submit", class: "main"}, "Try it");
    this.result = h("div", {class: "result", role: "status"});
    this.element = h("form", {class: "inside", "aria-label": "Try " + tool.name, noValidate: true, onsubmit: (event) => this.call(event)},
      this.form, this.json, h("div", {class: "row"}, this.run, this.as), this.result);
    this.element.style.padding = "0";
  }

  swap() {
    const opens = this.json.hidden;
    if (opens) {
      try {
        this.json.value = JSON.stringify(this.values(), null, 2);
      } catch {
        this.json.value = "{}";
      }
    }
    this.json.hidden = !opens;
    this.form.hidden = opens;
    this.as.setAttribute("aria-pressed", String(opens));
    say(this.as, opens ? "Edit as form" : "Edit as JSON");
  }

  values() {
    const values = {};
    for (const field of this.fields) field.into(values);
    return values;
  }

  async call(event) {
    event.preventDefault();
    let values;
    try {
      values = this.json.hidden ? this.values() : JSON.parse(this.json.value);
    } catch (error) {
      return this.tell([h("p", {class: "bad"}, sentence(error.message))]);
    }
    this.run.disabled = true;
    say(this.result, "Asking…");
    const begun = performance.now();
    const answer = await ask(serviceUrl(this.service, "call"), {tool: this.tool.name, arguments: values});
    this.run.disabled = false;
    const took = latency(answer.body.ms ?? performance.now() - begun);
    if (!answer.ok) return this.tell([h("p", {class: "bad"}, sentence(String(answer.body.error)))]);
    const fine = answer.body.outcome === "ok";
    const word = fine ? "Done" : {tool_error: "The tool failed", rpc_error: "The server refused", timeout: "No answer in time"}[answer.body.outcome] || "Failed";
    this.tell([h("p", {class: fine ? "" : "bad"}, h("b", {}, word), " in " + took), ...shownResult(answer.body)]);
  }

  tell(content) {
    this.result.replaceChildren(...content);
  }
}

function shownResult(answer) {
  const pre = (label, text) => h("pre", {tabIndex: 0, "aria-label": label}, text);
  if (answer.error) return [pre("Error", answer.error.message ? String(answer.error.message) : JSON.stringify(answer.error, null, 2))];
  const content = Array.isArray(answer.result?.content) ? answer.result.content : [];
  const shown = content.slice(0, 20).map((part) => {
    if (part?.type === "text" && typeof part.text === "string") return pre("Text", part.text.slice(0, 100000));
    if (part?.type === "image" && /^image\/(png|jpeg|gif|webp)$/.test(part.mimeType) && typeof part.data === "string") {
      return h("img", {alt: "The image in the result", src: "data:" + part.mimeType + ";base64," + part.data});
    }
    return pre("Content", JSON.stringify(part, null, 2).slice(0, 100000));
  });
  return [...shown, h("details", {}, h("summary", {}, "Whole result"), pre("Whole result", JSON.stringify(answer.result, null, 2).slice(0, 400000)))];
}

class Field {
  constructor(id, name, about, required) {
    this.name = name;
    this.required = required;
    const kind = Array.isArray(about.type) ? about.type.find((each) => each !== "null") : about.type;
    this.kind = Array.isArray(about.enum) ? "enum" : ["string", "number", "integer", "boolean"].includes(kind) ? kind : "json";
    const properties = {id, "aria-describedby": id + "-about", "aria-required": String(required)};
    const first = about.default;
    if (this.kind === "enum") {
      this.options = about.enum;
      this.input = h("select", properties, ...(required ? [] : [h("option", {value: ""}, "")]),
        ...about.enum.map((each, i) => h("option", {value: String(i)}, String(each))));
      if (about.enum.includes(first)) this.input.value = String(about.enum.indexOf(first));
    } else if (this.kind === "boolean") {
      this.input = h("input", {...properties, type: "checkbox", checked: first === true});
    } else if (this.kind === "json") {
      this.input = h("textarea", {...properties, class: "mono", spellcheck: false, placeholder: "JSON"});
      if (first !== undefined) this.input.value = JSON.stringify(first);
    } else {
      this.input = h("input", {...properties, type: this.kind === "string" ? "text" : "number", step: this.kind === "integer" ? 1 : "any", autocomplete: "off"});
      if (first !== undefined) this.input.value = String(first);
    }
    const label = h("label", {htmlFor: id}, h("bdi", {}, name), required ? " (required)" : "");
    const help = h("span", {class: "muted", id: id + "-about"}, typeof about.description === "string" ? about.description : "");
    this.element = this.kind === "boolean" ? h("div", {class: "field check"}, this.input, label, help) : h("div", {class: "field"}, label, this.input, help);
  }

  // An empty optional field is omitted.
  into(values) {
    const text = this.input.value;
    if (this.kind === "boolean") {
      if (this.input.checked || this.required) values[this.name] = this.input.checked;
    } else if (text === "" && !this.required) {
      return;
    } else if (this.kind === "enum") {
      values[this.name] = this.options[Number(text)];
    } else if (this.kind === "string") {
      values[this.name] = text;
    } else if (this.kind === "json") {
      try {
        values[this.name] = JSON.parse(text);
      } catch {
        throw new Error(this.name + " must be JSON");
      }
    } else {
      if (text === "" || !Number.isFinite(Number(text))) throw new Error(this.name + " must be a number");
      values[this.name] = Number(text);
    }
  }
}

// --- log lines

const HIDDEN = new Set(["ts", "level", "event", "msg", "server", "service", "version", "instance_id", "log_type", "stream", "pool", "env"]);

class Log {
  constructor(element, service) {
    this.element = element;
    this.service = service;
  }

  async load() {
    if (!status) return;
    if (!token && !status.log_is_open) {
      return this.element.replaceChildren(h("p", {class: "muted"}, status.actions ? "Sign in to read the log."
        : "To read the log here, configure gateway.admin_token."));
    }
    const answer = await ask("api/log?lines=60" + (this.service ? "&service=" + encodeURIComponent(this.service) : ""));
    if (!answer.ok) return this.element.replaceChildren(h("p", {class: "bad"}, sentence(answer.body.error)));
    const known = answer.body.lines.join("\n");
    if (known === this.known && this.list?.isConnected) return;
    this.known = known;
    const lines = answer.body.lines.map((line) => this.line(line)).reverse();
    this.list = h("ul", {class: "list", tabIndex: 0, "aria-label": "Newest first"}, ...lines);
    this.element.replaceChildren(lines.length ? this.list : h("p", {class: "muted"}, "Nothing yet."));
  }

  line(text) {
    let event;
    try {
      event = JSON.parse(text);
    } catch {
      return h("li", {class: "mono"}, text);
    }
    const rest = Object.entries(event).filter(([key]) => !HIDDEN.has(key))
      .map(([key, value]) => key + "=" + (typeof value === "string" ? value : JSON.stringify(value))).join("  ");
    const time = new Date(event.ts);
    return h("li", {}, h("time", {dateTime: String(event.ts)}, isNaN(time) ? "" : time.toLocaleTimeString()),
      h("span", {class: "tag", "data-level": event.level}, event.level === "info" || event.level === "debug" ? "" : String(event.level)),
      this.service ? null : h("b", {}, event.server || "gateway"),
      h("span", {}, String(event.event === "child.stderr" ? event.line : event.msg)),
      h("span", {class: "rest"}, event.event === "child.stderr" ? "stderr" : rest));
  }
}

const gatewayLog = new Log($("log"), "");

function loadLogs() {
  gatewayLog.load();
  for (const card of cards.values()) {
    if (!card.body.hidden) card.log.load();
  }
}

// --- signing in

function showRights() {
  $("operator").hidden = !status.actions;
  say($("operator"), token ? "Sign out" : "Sign in to act");
  $("level-box").hidden = !token;
  if (document.activeElement !== $("level")) $("level").value = status.log_level;
}

function signOut() {
  token = "";
  sessionStorage.removeItem(TOKEN);
  refresh();
}

function refresh() {
  if (status) show(status);
  loadLogs();
}

$("operator").addEventListener("click", () => {
  if (token) return signOut();
  $("token").value = "";
  say($("token-error"), "");
  $("token-dialog").showModal();
});
$("token-cancel").addEventListener("click", () => $("token-dialog").close());
$("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = $("token").value.trim();
  const answer = await ask("api/log?lines=1", null, shown);
  if (!answer.ok) return say($("token-error"), sentence(answer.body.error));
  token = shown;
  sessionStorage.setItem(TOKEN, token);
  $("token").value = "";
  $("token-dialog").close();
  refresh();
});
$("level").addEventListener("change", async () => {
  const answer = await ask("api/log-level", {level: $("level").value});
  toast(answer.ok ? "The log level is " + answer.body.level + " now." : sentence(answer.body.error));
});

// --- helpers

function sure(title, text, yes) {
  say($("sure-title"), title);
  say($("sure-text"), text);
  say($("sure-yes"), yes);
  $("sure-dialog").returnValue = "no";
  $("sure-dialog").showModal();
  return new Promise((resolve) => {
    $("sure-dialog").addEventListener("close", () => resolve($("sure-dialog").returnValue === "yes"), {once: true});
  });
}

let toastEnd = 0;
function toast(text) {
  say($("toast"), text);
  clearTimeout(toastEnd);
  toastEnd = setTimeout(() => say($("toast"), ""), 6000);
}

connect();
setInterval(() => {
  if (status && !document.hidden) loadLogs();
}, 4000);
