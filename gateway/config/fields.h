// Every configuration field: its key, its range and its description. The reader, the JSON Schema and
// the reference tables of docs/config.md are generated from these tables.
#pragma once

#include "gateway/base/ip_range.h"
#include "gateway/config/access_fields.h"
#include "gateway/config/service_fields.h"

namespace gateway::config {

template <>
inline constexpr auto kFields<LimitsConfig> = std::tuple{
    Field{"max_connections", &LimitsConfig::max_connections, Count{1, 1'000'000},
          "Open client connections over all loops; further ones are answered 503 and closed. Lower where the "
          "open-file limit is too small. The admin listener has 256 of its own."},
    Field{"max_sessions", &LimitsConfig::max_sessions, Count{1, 1'000'000}, "Open client sessions, over all services."},
    Field{"max_calls_per_session", &LimitsConfig::max_calls_per_session, Count{1, 100'000},
          "Calls one session may have in flight."},
    Field{"max_request_bytes", &LimitsConfig::max_request_bytes, ByteSize{kKiB, kGiB},
          "Maximum size of an HTTP request body."},
    Field{"max_head_bytes", &LimitsConfig::max_head_bytes, ByteSize{kKiB, kMiB},
          "Maximum size of an HTTP request line and headers."},
    Field{"max_head_fields", &LimitsConfig::max_head_fields, Count{8, 1000},
          "Maximum number of headers in an HTTP request."},
    Field{"max_result_bytes", &LimitsConfig::max_result_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "Maximum size of a line (one message) from a child."},
    Field{"max_client_queue_bytes", &LimitsConfig::max_client_queue_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "Output buffered for a slow client before it is disconnected."},
    Field{"max_stdin_queue_bytes", &LimitsConfig::max_stdin_queue_bytes, ByteSize{64 * kKiB, 2 * kGiB},
          "Input buffered for a slow child before calls to it are rejected."},
    Field{"head_timeout", &LimitsConfig::head_timeout, Span{milliseconds{100}, std::chrono::minutes{10}},
          "Time to receive a request head, from its first byte."},
    Field{"body_timeout", &LimitsConfig::body_timeout, Span{milliseconds{100}, kHour},
          "Time to receive a request body, from the end of the head."},
    Field{"keepalive_timeout", &LimitsConfig::keepalive_timeout, Span{seconds{1}, kHour},
          "How long a connection may be idle between requests."},
    Field{"write_timeout", &LimitsConfig::write_timeout, Span{milliseconds{100}, kHour},
          "How long a client may accept no data while output is pending."},
    Field{"session_idle_timeout", &LimitsConfig::session_idle_timeout, Span{seconds{1}, 7 * kDay},
          "How long a Streamable HTTP session is kept without traffic and without an open stream."},
    Field{"batch_max", &LimitsConfig::batch_max, Count{1, 10'000}, "Maximum number of messages in a JSON-RPC batch."},
    Field{"replay_events", &LimitsConfig::replay_events, Count{0, 100'000},
          "Events kept per session for clients that resume with Last-Event-ID."},
    Field{"replay_bytes", &LimitsConfig::replay_bytes, ByteSize{0, kGiB},
          "Bytes of events kept per session for clients that resume with Last-Event-ID."},
    Field{"sse_event_limits", &LimitsConfig::sse_event_limits, NamedByteSizes{{kKiB, 2 * kGiB}},
          "Largest SSE event a client accepts, by User-Agent prefix. A larger result is replaced by an error "
          "so that the session survives. Setting it replaces the default."},
};

inline constexpr Choice<LogLevel, 4> kLogLevels{{{{to_text(LogLevel::Debug), LogLevel::Debug},
                                                  {to_text(LogLevel::Info), LogLevel::Info},
                                                  {to_text(LogLevel::Warn), LogLevel::Warn},
                                                  {to_text(LogLevel::Error), LogLevel::Error}}}};
inline constexpr Choice<LogFormat, 3> kLogFormats{
    {{{"auto", LogFormat::Auto}, {"json", LogFormat::Json}, {"text", LogFormat::Text}}}};

inline constexpr Text kOutputPath{"an absolute path such as \"/var/log/mcp-gateway/gateway.json\"",
                                  [](std::string_view text) { return text.starts_with('/') && !text.ends_with('/'); }};
inline constexpr Choice<LogOutputKind, 4> kLogOutputKinds{{{{"stderr", LogOutputKind::Stderr},
                                                            {"file", LogOutputKind::File},
                                                            {"syslog", LogOutputKind::Syslog},
                                                            {"journal", LogOutputKind::Journal}}}};

template <>
inline constexpr auto kFields<LogOutput> = std::tuple{
    Field{"kind", &LogOutput::kind, kLogOutputKinds, "Where the lines go: stderr, a file, syslog or systemd's journal.",
          Presence::Required},
    Field{"level", &LogOutput::level, OrAbsent<Choice<LogLevel, 4>>{kLogLevels},
          "Minimum level of the events written to this output; by default gateway.log.level."},
    Field{"format", &LogOutput::format, kLogFormats,
          "json or text. auto: gateway.log.format, and if that is auto too, text for syslog, the journal and a stderr "
          "that is a terminal, otherwise json."},
    Field{"path", &LogOutput::path, kOutputPath,
          "The file, which is required, as an absolute path. Or the socket of syslog (default /dev/log) or of the "
          "journal (default /run/systemd/journal/socket)."},
    Field{"max_size", &LogOutput::max_size, ByteSize{0, 1024 * kGiB},
          "The file is rotated before it grows beyond this size, of at least 64KiB; 0B disables rotation."},
    Field{"keep", &LogOutput::keep, Count{0, 1000}, "Rotated files to keep, besides the current one."},
};

template <>
inline constexpr auto kFields<LogConfig> = std::tuple{
    Field{"level", &LogConfig::level, kLogLevels, "Minimum level of the events that are logged."},
    Field{"format", &LogConfig::format, kLogFormats,
          "json: one object per line. text: for people, with a line for each service as it becomes ready. "
          "auto: text where stderr is a terminal, otherwise json."},
    Field{"audit", &LogConfig::audit, Flag{},
          "Also log who called which tool, with the shape of the arguments but never their values."},
    Field{"outputs", &LogConfig::outputs, Groups<LogOutput>{},
          "Where the log is written, up to 8 places at once; without any, to stderr."},
};

inline constexpr Text kCollector{"a URL such as \"http://127.0.0.1:4318/v1/traces\", or nothing", is_http_url_or_empty};

template <>
inline constexpr auto kFields<TracesConfig> = std::tuple{
    Field{"endpoint", &TracesConfig::endpoint, kCollector,
          "OTLP/HTTP endpoint of a collector, such as http://127.0.0.1:4318/v1/traces; empty is off."},
    Field{"sample", &TracesConfig::sample, Ratio{},
          "Fraction of the traces started here that is recorded. A trace context sent by a client overrides "
          "it."},
    Field{"slow", &TracesConfig::slow, Span{milliseconds{0}, kDay},
          "Calls that fail or take at least this long are recorded even if not sampled; with 0s only those "
          "that fail."},
    Field{"propagate", &TracesConfig::propagate, Flag{},
          "Pass the trace context on to children, in _meta.traceparent."},
    Field{"headers", &TracesConfig::headers, HeaderFields{}, "Headers for the collector, such as Authorization."},
};

inline constexpr Text kBasePath{"\"\" or a path such as \"/team-a\" without a slash at its end", is_base_path};
inline constexpr Text kHostName{"a host name without port such as \"mcp.example.com\"", is_host_name};
inline constexpr Text kOrigin{"an origin such as \"https://chat.example.com\"", is_origin};
inline constexpr Text kPublicUrl{"\"\" or an origin such as \"https://mcp.example.com\"",
                                 [](std::string_view text) { return text.empty() || is_web_origin(text); }};
inline constexpr Text kIpRange{"an address or a block of addresses such as \"10.0.0.0/8\"",
                               [](std::string_view text) { return parse_ip_range(text).has_value(); }};
inline constexpr Text kInstance{"a name of at most 64 of A-Z a-z 0-9 . _ -",
                                [](std::string_view text) { return text.empty() || is_plain_name(text); }};

template <>
inline constexpr auto kFields<MetricsConfig> = std::tuple{
    Field{"tool_durations", &MetricsConfig::tool_durations, Flag{},
          "Also record a histogram of call durations per tool: 15 series per tool."},
};

template <>
inline constexpr auto kFields<UpgradeConfig> = std::tuple{
    Field{"ready_timeout", &UpgradeConfig::ready_timeout, Span{seconds{1}, kHour},
          "How long the new program may take until every service that works in the old one works in it, too; after "
          "that it is stopped, and the old one goes on."},
    Field{"session_limit", &UpgradeConfig::session_limit, Span{milliseconds{0}, kDay},
          "How long sessions may live on in the old program. Those that are open then end, and their clients open "
          "others."},
};

template <>
inline constexpr auto kFields<GatewayConfig> = std::tuple{
    Field{"listen", &GatewayConfig::listen, Address{},
          "Address of the main listener, which serves every service under /NAME/."},
    Field{"tls", &GatewayConfig::tls, Maybe<TlsConfig>{},
          "TLS on the main listener; without it, plain HTTP. A proxy in front that ends TLS needs none of this."},
    Field{"admin_listen", &GatewayConfig::admin_listen, AddressOrOff{},
          "Address of the listener for the status page, health, readiness, version and metrics; off disables "
          "it."},
    Field{"admin_tls", &GatewayConfig::admin_tls, Maybe<TlsConfig>{},
          "TLS on the admin listener; without it, plain HTTP."},
    Field{"admin_token", &GatewayConfig::admin_token, HiddenTokenOrNone{},
          "Bearer token for the status page's actions and log. While empty, there are no actions. Prefer "
          "${VAR} or ${file:/path} to the literal token."},
    Field{"loops", &GatewayConfig::loops, Count{1, 64},
          "Number of event loop threads; each service runs on one of them."},
    Field{"busy_poll", &GatewayConfig::busy_poll, Flag{},
          "Poll for 50 microseconds before a loop sleeps: lower latency for more CPU."},
    Field{"mask_error_details", &GatewayConfig::mask_error_details, Flag{},
          "Tell clients that a server did not start, exited or did not answer, but not how: no programs, exit statuses "
          "or "
          "times. The log and /health have the details."},
    Field{"base_path", &GatewayConfig::base_path, kBasePath,
          "Public path prefix added by a proxy in front, such as /team-a. Requests are accepted with and "
          "without it."},
    Field{"public_url", &GatewayConfig::public_url, kPublicUrl,
          "Scheme, host and port under which clients reach the gateway, such as https://mcp.example.com, without a "
          "path; base_path is added. Needed for OAuth."},
    Field{"trusted_proxies", &GatewayConfig::trusted_proxies, Texts{kIpRange},
          "Addresses, or blocks such as 10.0.0.0/8, of proxies whose X-Forwarded-Proto and X-Forwarded-Host replace "
          "public_url, if the host is among allowed_hosts."},
    Field{"allowed_hosts", &GatewayConfig::allowed_hosts, Texts{kHostName},
          "Names accepted in Host besides localhost, IP addresses and mcp-NAME."},
    Field{"allowed_origins", &GatewayConfig::allowed_origins, Texts{kOrigin},
          "Origins of web pages that may call the gateway, besides those of this machine."},
    Field{"sse_keepalive", &GatewayConfig::sse_keepalive, Span{seconds{1}, kHour},
          "How often a comment is sent on an SSE stream without traffic."},
    Field{"drain_timeout", &GatewayConfig::drain_timeout, Span{milliseconds{0}, kHour},
          "How long calls in flight may take to finish when the gateway stops."},
    Field{"reload_on_change", &GatewayConfig::reload_on_change, Flag{},
          "Reload the configuration when one of its files has changed, not only on SIGHUP or mcp-gateway reload."},
    Field{"upgrade", &GatewayConfig::upgrade, Group<UpgradeConfig>{},
          "Limits of mcp-gateway upgrade, which replaces the running program."},
    Field{"state_file", &GatewayConfig::state_file, kAbsoluteFileOrNone,
          "Absolute path of the file in which weights of versions and the progress of canaries are kept; without it, a "
          "restart or an upgrade begins with the configured weights."},
    Field{"instance_id", &GatewayConfig::instance_id, kInstance,
          "Name of this process in health and logs; empty is the host name."},
    Field{"pool", &GatewayConfig::pool, kInstance,
          "Which of several deployments this is, such as blue, in logs, metrics and traces."},
    Field{"env", &GatewayConfig::env, kInstance,
          "Environment it runs in, such as production, in logs, metrics and traces."},
    Field{"log", &GatewayConfig::log, Group<LogConfig>{}, "What is logged, and where to."},
    Field{"metrics", &GatewayConfig::metrics, Group<MetricsConfig>{}, "Additional metrics."},
    Field{"traces", &GatewayConfig::traces, Group<TracesConfig>{}, "Which calls are traced, and where spans are sent."},
    Field{"limits", &GatewayConfig::limits, Group<LimitsConfig>{}, "Resource limits for clients and children."},
    Field{"pinned_tools", &GatewayConfig::pinned_tools, Maybe<PinnedToolsConfig>{},
          "Compares the tools of every service with those that were reviewed."},
    Field{"auth", &GatewayConfig::auth, Group<AuthConfig>{}, "Client authentication."},
    Field{"policy", &GatewayConfig::policy, Group<PolicyConfig>{}, "Which principal may use what."},
    Field{"quotas", &GatewayConfig::quotas, Groups<QuotaConfig>{}, "Limits on the requests of clients."},
};

}  // namespace gateway::config
