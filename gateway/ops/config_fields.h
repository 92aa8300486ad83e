// Every field a configuration has: its key, its bound, its sentence. Reading,
// the schema and the check of docs/config.md all come from here.
#pragma once

#include "gateway/ops/config_kinds.h"

namespace gateway::ops {

inline constexpr milliseconds kHour = std::chrono::hours{1};
inline constexpr milliseconds kDay = std::chrono::hours{24};

template <>
inline constexpr auto kFields<LimitsConfig> = std::tuple{
    Field{"max_connections", &LimitsConfig::max_connections, Count{1, 1'000'000},
          "Connections of clients open at once, over all loops; the admin listener has its own."},
    Field{"max_sessions", &LimitsConfig::max_sessions, Count{1, 1'000'000},
          "Client sessions open at once, over all services."},
    Field{"max_calls_per_session", &LimitsConfig::max_calls_per_session, Count{1, 100'000},
          "Calls one session may have in flight."},
    Field{"max_request_bytes", &LimitsConfig::max_request_bytes, ByteSize{kKiB, kGiB},
          "Largest body of one HTTP request."},
    Field{"max_head_bytes", &LimitsConfig::max_head_bytes, ByteSize{kKiB, kMiB},
          "Largest request line and header fields of one HTTP request."},
    Field{"max_head_fields", &LimitsConfig::max_head_fields, Count{8, 1000},
          "Most header fields of one HTTP request."},
    Field{"max_result_bytes", &LimitsConfig::max_result_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "Largest line from a child, which is one message."},
    Field{"max_client_queue_bytes", &LimitsConfig::max_client_queue_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "What may wait for a client that reads slowly before it is disconnected."},
    Field{"max_stdin_queue_bytes", &LimitsConfig::max_stdin_queue_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "What may wait for a child that reads slowly before calls to it are refused."},
    Field{"head_timeout", &LimitsConfig::head_timeout, Span{milliseconds{100}, std::chrono::minutes{10}},
          "From a request's first byte to the end of its head."},
    Field{"body_timeout", &LimitsConfig::body_timeout, Span{milliseconds{100}, kHour},
          "From the end of a request's head to the end of its body."},
    Field{"keepalive_timeout", &LimitsConfig::keepalive_timeout, Span{seconds{1}, kHour},
          "How long a connection may stay open between requests."},
    Field{"write_timeout", &LimitsConfig::write_timeout, Span{milliseconds{100}, kHour},
          "How long a client may take nothing while bytes wait for it."},
    Field{"session_idle_timeout", &LimitsConfig::session_idle_timeout, Span{seconds{1}, 7 * kDay},
          "How long a Streamable HTTP session lives without traffic and without an open stream."},
    Field{"batch_max", &LimitsConfig::batch_max, Count{1, 10'000}, "Messages in one JSON-RPC batch."},
    Field{"replay_events", &LimitsConfig::replay_events, Count{0, 100'000},
          "Events kept per session for clients that resume with Last-Event-ID."},
    Field{"replay_bytes", &LimitsConfig::replay_bytes, ByteSize{0, kGiB},
          "Bytes of events kept per session for clients that resume with Last-Event-ID."},
    Field{
        "sse_event_limits", &LimitsConfig::sse_event_limits, NamedByteSizes{{kKiB, 2 * kGiB}},
        "Beginning of a User-Agent to the largest SSE event that client accepts; a larger result becomes an "
        "error instead of breaking its session. Replaces the default."},
};

template <>
inline constexpr auto kFields<RestartConfig> = std::tuple{
    Field{"backoff_initial", &RestartConfig::backoff_initial, Span{milliseconds{1}, kHour},
          "Wait before the first restart; it doubles with each. At most backoff_max."},
    Field{"backoff_max", &RestartConfig::backoff_max, Span{milliseconds{1}, kDay},
          "Longest wait between restarts."},
    Field{"max_restarts", &RestartConfig::max_restarts, Count{0, 1000},
          "More restarts than this within window are a crash loop."},
    Field{"window", &RestartConfig::window, Span{seconds{1}, kDay},
          "The time in which restarts are counted."},
    Field{"crash_loop_pause", &RestartConfig::crash_loop_pause, Span{seconds{1}, kDay},
          "How long a service in a crash loop rests before it is tried again."},
    Field{"stable_after", &RestartConfig::stable_after, Span{milliseconds{100}, kDay},
          "Running this long sets the backoff back to its start."},
};

template <>
inline constexpr auto kFields<StopConfig> = std::tuple{
    Field{"stdin_grace", &StopConfig::stdin_grace, Span{milliseconds{0}, std::chrono::minutes{10}},
          "How long a child may take to end after its stdin was closed, before SIGTERM."},
    Field{"term_grace", &StopConfig::term_grace, Span{milliseconds{0}, std::chrono::minutes{10}},
          "How long a child may take to end after SIGTERM, before SIGKILL."},
};

template <>
inline constexpr auto kFields<RecycleConfig> = std::tuple{
    Field{"max_age", &RecycleConfig::max_age, Span{milliseconds{0}, 365 * kDay},
          "After running so long; 0s is never."},
    Field{"max_memory", &RecycleConfig::max_memory, ByteSize{0, 1024 * kGiB},
          "When it and what it started take more memory; 0B is never."},
};

inline constexpr Choice<Isolation, 3> kIsolations{
    {{{"shared", Isolation::Shared}, {"session", Isolation::Session}, {"affinity", Isolation::Affinity}}}};
inline constexpr Text kHeaderName{"the name of a header such as \"x-user-id\"", is_header_name};

template <>
inline constexpr auto kFields<AffinityConfig> = std::tuple{
    Field{"header", &AffinityConfig::header, kHeaderName,
          "The request header that names the owner. Without it, the holder of the token is the owner."},
    Field{"keep", &AffinityConfig::keep, Span{milliseconds{0}, kDay},
          "How long a child is kept after the last session of its owner."},
};

inline constexpr Choice<SharedLogs, 3> kSharedLogs{
    {{{"single", SharedLogs::Single}, {"all", SharedLogs::All}, {"drop", SharedLogs::Drop}}}};

inline constexpr Text kVariableToHave{"the name of an environment variable", is_variable_name};

template <>
inline constexpr auto kFields<Need> = std::tuple{
    Field{"variable", &Need::variable, kVariableToHave,
          "An environment variable of the gateway that is set and not empty."},
    Field{"program", &Need::program, Text{}, "A program that its child would find, by name or path."},
    Field{"file", &Need::file, Text{}, "A file or folder that is there."},
    Field{"for", &Need::purpose, Text{}, "What it is, for whoever has to provide it."},
};

template <>
inline constexpr auto kFields<ExpectConfig> = std::tuple{
    Field{"contains", &ExpectConfig::contains, Text{}, "A text that must be in what it answers."},
    Field{"absent", &ExpectConfig::absent, Text{}, "A text that must not be in what it answers."},
    Field{"json", &ExpectConfig::json, PointedValues{},
          "JSON pointers to the values that must stand there, in the structured content or else in the first text, "
          "read as JSON."},
};

template <>
inline constexpr auto kFields<ProbeConfig> = std::tuple{
    Field{"tool", &ProbeConfig::tool, Text{}, "The tool to call. Either this or method."},
    Field{"method", &ProbeConfig::method, Text{}, "The method to ask, such as ping. Either this or tool."},
    Field{"arguments", &ProbeConfig::arguments, ObjectText{}, "The tool's arguments, or the method's params."},
    Field{"expect", &ProbeConfig::expect, Group<ExpectConfig>{}, "What the answer must show."},
    Field{"interval", &ProbeConfig::interval, Span{milliseconds{100}, kDay},
          "From one probe to the next, give or take a tenth."},
    Field{"timeout", &ProbeConfig::timeout, Span{milliseconds{10}, kHour}, "How long it may take, once it was sent."},
};

inline constexpr Text kProgram{"a program", [](std::string_view text) { return !text.empty(); }};
inline constexpr Text kVariableName{"the name of an environment variable", is_variable_name, true};

template <>
inline constexpr auto kFields<ServiceConfig> = std::tuple{
    Field{"command", &ServiceConfig::command, kProgram,
          "The program, looked up in PATH and started without a shell.", Presence::Required},
    Field{"args", &ServiceConfig::args, Texts{}, "Its arguments, passed byte for byte."},
    Field{"env", &ServiceConfig::env, Variables{}, "Its environment variables, beside the allow-list."},
    Field{"pass_env", &ServiceConfig::pass_env, Texts{kVariableName},
          "Names of the gateway's own environment variables to hand through, beside the allow-list."},
    Field{"cwd", &ServiceConfig::cwd, Text{}, "Its working directory; empty is the gateway's."},
    Field{"disabled", &ServiceConfig::disabled, Flag{}, "Read and checked, but neither started nor served."},
    Field{"required", &ServiceConfig::required, Flag{},
          "Without this service the gateway is UNHEALTHY and not ready, instead of DEGRADED."},
    Field{"needs", &ServiceConfig::needs, Groups<Need>{},
          "What it cannot do without. While one is missing the service is not started, and /health says what."},
    Field{"listen", &ServiceConfig::listen, AddressOrOff{},
          "A listener of its own with /sse, /messages, /mcp and /health at its root."},
    Field{"isolation", &ServiceConfig::isolation, kIsolations,
          "shared: one child for all sessions. session: a child of its own for each session. affinity: one for all "
          "sessions of the same owner."},
    Field{"affinity", &ServiceConfig::affinity, Group<AffinityConfig>{},
          "Who owns a child of his own, and how long it is kept."},
    Field{"start_timeout", &ServiceConfig::start_timeout, Span{milliseconds{100}, kHour},
          "From the start of a child to its answer to initialize."},
    Field{"call_timeout", &ServiceConfig::call_timeout, Span{milliseconds{10}, kDay},
          "How long a call may stay without an answer or progress. At most call_timeout_max."},
    Field{"call_timeout_max", &ServiceConfig::call_timeout_max, Span{milliseconds{10}, kDay},
          "How long a call may take in all, also with progress."},
    Field{"server_request_timeout", &ServiceConfig::server_request_timeout, Span{seconds{1}, kDay},
          "How long a client may take to answer a sampling, elicitation or roots request."},
    Field{"max_calls", &ServiceConfig::max_calls, Count{1, 100'000},
          "Calls one child may owe at once. The rest waits, client by client in turn."},
    Field{"client_share", &ServiceConfig::client_share, Ratio{},
          "Of the max_calls that other clients leave, the part one client may have; with 1 nothing is kept for others."},
    Field{"max_queue", &ServiceConfig::max_queue, Count{0, 100'000},
          "Calls that may wait while a child starts or owes max_calls. Of more, the client that has most waiting is "
          "refused one."},
    Field{"replicas", &ServiceConfig::replicas, Count{1, 64},
          "Children of a shared service, alike, on which its sessions are spread."},
    Field{"max_children", &ServiceConfig::max_children, Count{1, 10'000},
          "Children at once where each session or owner has its own."},
    Field{"cache_tools", &ServiceConfig::cache_tools, Flag{},
          "Answer tools/list from memory until the child says that its tools changed."},
    Field{"tools_refresh", &ServiceConfig::tools_refresh, Span{milliseconds{0}, kDay},
          "How often tools are listed again at a child that does not declare listChanged; 0s is never."},
    Field{"expected_tools", &ServiceConfig::expected_tools, ToolsOrCount{},
          "How many tools it must list at least, or the names of some: without them it is degraded."},
    Field{"probe", &ServiceConfig::probe, Maybe<ProbeConfig>{},
          "A call of the gateway's own that shows whether what is behind the service works."},
    Field{"shared_logs", &ServiceConfig::shared_logs, kSharedLogs,
          "Who gets log messages of a shared child. single: a client that is alone on it. all: every client. "
          "drop: nobody."},
    Field{"idle_stop", &ServiceConfig::idle_stop, Span{milliseconds{0}, kDay},
          "How long a shared child may have no session before it is stopped; the next session starts it. 0s is never."},
    Field{"recycle", &ServiceConfig::recycle, Group<RecycleConfig>{},
          "When a child that has nothing to do is replaced by another run of it."},
    Field{"restart", &ServiceConfig::restart, Group<RestartConfig>{},
          "When a child that ended is started again."},
    Field{"stop", &ServiceConfig::stop, Group<StopConfig>{}, "How a child is asked to end."},
    Field{"stderr_lines_per_second", &ServiceConfig::stderr_lines_per_second, Count{0, 100'000},
          "Lines of the child's stderr that are logged each second; the rest is only counted."},
};

/// A key of a service under the name other programs give it.
struct AdoptedKey {
  std::string_view key;
  std::string_view type;      ///< its JSON type
  std::string_view sentence;  ///< what it does here
};

/// Understood, so that files of other programs run unchanged.
inline constexpr std::array<AdoptedKey, 11> kAdoptedKeys{{
    {"type", "string", "stdio or local. Anything else is a remote server, which is not started."},
    {"transport", "string", "The same as type."},
    {"transportType", "string", "The same as type."},
    {"enabled", "boolean", "The opposite of disabled."},
    {"isActive", "boolean", "The same as enabled."},
    {"timeout", "number",
     "call_timeout in seconds; above 3600 it is read as milliseconds. call_timeout wins when both are "
     "there."},
    {"cmd", "string", "The same as command."},
    {"environment", "object", "The same as env."},
    {"working_directory", "string", "The same as cwd."},
    {"workingDirectory", "string", "The same as cwd."},
    {"workdir", "string", "The same as cwd."},
}};

/// A key of a service that has no meaning here.
struct ForeignKey {
  std::string_view key;
  std::string_view sentence;  ///< what its absence means to the user
};

/// Accepted and ignored, with a note of its own. Others are, too, with a general one.
inline constexpr std::array<ForeignKey, 33> kForeignKeys{{
    {"alwaysAllow", "Ignored: approval is the client's."},
    {"auth", "Ignored: it is for remote servers."},
    {"autoApprove", "Ignored: approval is the client's."},
    {"autoStart", "Ignored: services are started with the gateway."},
    {"description", "Ignored."},
    {"dev", "Ignored: VS Code's development mode."},
    {"disabledTools", "Ignored: every tool of the service is served."},
    {"enabledTools", "Ignored: every tool of the service is served."},
    {"env_vars", "Ignored: pass_env hands variables through."},
    {"envFile", "Ignored: the file is not read; use env with ${VAR} or ${file:/path}."},
    {"excludeTools", "Ignored: every tool of the service is served."},
    {"gallery", "Ignored."},
    {"headers", "Ignored: they are for remote servers."},
    {"icon", "Ignored."},
    {"iconUrl", "Ignored."},
    {"idleTimeoutMs", "Ignored: idle_stop stops an idle child."},
    {"includeTools", "Ignored: every tool of the service is served."},
    {"inheritParentEnv", "Ignored: pass_env hands variables through."},
    {"metadata", "Ignored."},
    {"oauth", "Ignored: it is for remote servers."},
    {"options", "Ignored: tokens are gateway.auth.tokens, and every tool of the service is served."},
    {"sandbox", "Ignored: the child runs as the gateway's user, in no sandbox."},
    {"sandboxEnabled", "Ignored: the child runs as the gateway's user, in no sandbox."},
    {"startOnDemand", "Ignored: services are started with the gateway."},
    {"start_on_launch", "Ignored: services are started with the gateway."},
    {"startup_timeout_ms", "Ignored: start_timeout is its name here."},
    {"startup_timeout_sec", "Ignored: start_timeout is its name here."},
    {"tags", "Ignored."},
    {"tool_timeout_sec", "Ignored: call_timeout is its name here."},
    {"tools", "Ignored: every tool of the service is served."},
    {"trust", "Ignored: approval is the client's."},
    {"version", "Ignored."},
    {"watchPaths", "Ignored: a child is started again when it ends, not when files change."},
}};

inline constexpr Text kPlainName{"a name of 1..64 of A-Z a-z 0-9 . _ -", is_plain_name};
inline constexpr Text kSha256{"64 hex digits", is_sha256, true};

template <>
inline constexpr auto kFields<AuthToken> = std::tuple{
    Field{"name", &AuthToken::name, kPlainName, "Who holds the token, for logs and metrics; unique.",
          Presence::Required},
    Field{"token", &AuthToken::token, HiddenToken{},
          "The token; better ${VAR} or ${file:/path} than the token itself. Either this or sha256."},
    Field{"sha256", &AuthToken::sha256, kSha256, "The SHA-256 of the token in hex. Either this or token."},
};

template <>
inline constexpr auto kFields<AuthConfig> = std::tuple{
    Field{"tokens", &AuthConfig::tokens, Groups<AuthToken>{},
          "Bearer tokens. With one or more, every request must show one of them."},
    Field{"allow_unauthenticated", &AuthConfig::allow_unauthenticated, Flag{},
          "Lets the gateway listen beyond this machine without tokens."},
};

inline constexpr Choice<LogLevel, 4> kLogLevels{{{{"debug", LogLevel::Debug},
                                                  {"info", LogLevel::Info},
                                                  {"warn", LogLevel::Warn},
                                                  {"error", LogLevel::Error}}}};
inline constexpr Choice<LogFormat, 3> kLogFormats{
    {{{"auto", LogFormat::Auto}, {"json", LogFormat::Json}, {"text", LogFormat::Text}}}};

template <>
inline constexpr auto kFields<LogConfig> = std::tuple{
    Field{"level", &LogConfig::level, kLogLevels, "The least important events that are written to stderr."},
    Field{"format", &LogConfig::format, kLogFormats,
          "json: one object a line. text: for people. auto: text where stderr is a terminal, and json elsewhere."},
    Field{"audit", &LogConfig::audit, Flag{},
          "Also writes who called which tool, with the shape of the arguments and never their values."},
};

inline constexpr Text kCollector{"a URL such as \"http://127.0.0.1:4318/v1/traces\", or nothing", is_http_url_or_empty};

template <>
inline constexpr auto kFields<TracesConfig> = std::tuple{
    Field{"endpoint", &TracesConfig::endpoint, kCollector,
          "Where a collector takes OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; empty is off."},
    Field{"sample", &TracesConfig::sample, Ratio{},
          "Of the traces that begin here, the part that is recorded. A client that brings a trace decides itself."},
    Field{"slow", &TracesConfig::slow, Span{milliseconds{0}, kDay},
          "A call that fails, or takes so long, is recorded although it was not chosen; with 0s only one that fails."},
    Field{"propagate", &TracesConfig::propagate, Flag{}, "Give the trace on to children, in _meta.traceparent."},
    Field{"headers", &TracesConfig::headers, HeaderFields{}, "Header fields for the collector, such as Authorization."},
};

inline constexpr Text kBasePath{"\"\" or a path such as \"/team-a\" without a slash at its end",
                                is_base_path};
inline constexpr Text kHostName{"a host name without port such as \"mcp.example.com\"", is_host_name};
inline constexpr Text kOrigin{"an origin such as \"https://chat.example.com\"", is_origin};
inline constexpr Text kInstance{"a name of at most 64 of A-Z a-z 0-9 . _ -",
                                [](std::string_view text) { return text.empty() || is_plain_name(text); }};

template <>
inline constexpr auto kFields<MetricsConfig> = std::tuple{
    Field{"tool_durations", &MetricsConfig::tool_durations, Flag{},
          "Also a histogram of the times of each tool's calls: 15 series a tool."},
};

template <>
inline constexpr auto kFields<GatewayConfig> = std::tuple{
    Field{"listen", &GatewayConfig::listen, Address{}, "The main listener, with every service under /NAME/."},
    Field{"admin_listen", &GatewayConfig::admin_listen, AddressOrOff{},
          "The listener for health, readiness, version and metrics; off is none."},
    Field{"admin_token", &GatewayConfig::admin_token, HiddenTokenOrNone{},
          "The bearer token of operators: the status page's actions and the log ask for it; without one there are none."},
    Field{"loops", &GatewayConfig::loops, Count{1, 64}, "Threads that serve, each with services of its own."},
    Field{"busy_poll", &GatewayConfig::busy_poll, Flag{},
          "Before it sleeps, a loop looks for 50 microseconds whether something comes: lower latency for CPU."},
    Field{"base_path", &GatewayConfig::base_path, kBasePath,
          "The public path before ours, such as /team-a, when a proxy in front takes it away."},
    Field{"allowed_hosts", &GatewayConfig::allowed_hosts, Texts{kHostName},
          "Names accepted in Host besides localhost, loopback, the listen addresses and mcp-NAME."},
    Field{"allowed_origins", &GatewayConfig::allowed_origins, Texts{kOrigin},
          "Origins of web pages that may call the gateway, besides those of this machine."},
    Field{"sse_keepalive", &GatewayConfig::sse_keepalive, Span{seconds{1}, kHour},
          "How often an SSE stream without traffic gets a comment."},
    Field{"drain_timeout", &GatewayConfig::drain_timeout, Span{milliseconds{0}, kHour},
          "How long open calls may take to finish when the gateway stops."},
    Field{"instance_id", &GatewayConfig::instance_id, kInstance,
          "This process in health and logs; empty is the machine's host name."},
    Field{"pool", &GatewayConfig::pool, kInstance,
          "Which of several deployments this is, such as blue, in logs, metrics and traces."},
    Field{"env", &GatewayConfig::env, kInstance,
          "Where this runs, such as production, in logs, metrics and traces."},
    Field{"log", &GatewayConfig::log, Group<LogConfig>{}, "What is written to stderr."},
    Field{"metrics", &GatewayConfig::metrics, Group<MetricsConfig>{}, "What is measured beside what always is."},
    Field{"traces", &GatewayConfig::traces, Group<TracesConfig>{}, "Which calls are followed, and who is told."},
    Field{"limits", &GatewayConfig::limits, Group<LimitsConfig>{}, "What clients and children may cost."},
    Field{"auth", &GatewayConfig::auth, Group<AuthConfig>{}, "Who may come in."},
};

}  // namespace gateway::ops
