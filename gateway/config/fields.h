// Every configuration field: its key, its range and its description. The reader, the JSON Schema and
// the reference tables of docs/config.md are generated from these tables.
#pragma once

#include "gateway/base/ip_range.h"
#include "gateway/config/kinds.h"

namespace gateway::config {

inline constexpr milliseconds kHour = std::chrono::hours{1};
inline constexpr milliseconds kDay = std::chrono::hours{24};

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

template <>
inline constexpr auto kFields<RestartConfig> = std::tuple{
    Field{"backoff_initial", &RestartConfig::backoff_initial, Span{milliseconds{1}, kHour},
          "Delay before the first restart, doubled for each further one. At most backoff_max."},
    Field{"backoff_max", &RestartConfig::backoff_max, Span{milliseconds{1}, kDay}, "Longest delay between restarts."},
    Field{"max_restarts", &RestartConfig::max_restarts, Count{0, 1000},
          "More restarts than this within window are a crash loop."},
    Field{"window", &RestartConfig::window, Span{seconds{1}, kDay}, "Period over which restarts are counted."},
    Field{"crash_loop_pause", &RestartConfig::crash_loop_pause, Span{seconds{1}, kDay},
          "How long a service in a crash loop pauses before the next attempt."},
    Field{"stable_after", &RestartConfig::stable_after, Span{milliseconds{100}, kDay},
          "Uptime after which the backoff is reset."},
};

template <>
inline constexpr auto kFields<StopConfig> = std::tuple{
    Field{"stdin_grace", &StopConfig::stdin_grace, Span{milliseconds{0}, std::chrono::minutes{10}},
          "How long a child may take to exit after its stdin is closed, before SIGTERM."},
    Field{"term_grace", &StopConfig::term_grace, Span{milliseconds{0}, std::chrono::minutes{10}},
          "How long a child may take to exit after SIGTERM, before SIGKILL."},
};

template <>
inline constexpr auto kFields<RecycleConfig> = std::tuple{
    Field{"max_age", &RecycleConfig::max_age, Span{milliseconds{0}, 365 * kDay},
          "Uptime after which the child is replaced; 0s disables it."},
    Field{"max_memory", &RecycleConfig::max_memory, ByteSize{0, 1024 * kGiB},
          "Memory of the child and its descendants above which it is replaced; 0B disables it."},
};

inline constexpr Choice<Isolation, 3> kIsolations{
    {{{"shared", Isolation::Shared}, {"session", Isolation::Session}, {"affinity", Isolation::Affinity}}}};
inline constexpr Choice<ServerEra, 3> kServerEras{
    {{{"auto", ServerEra::Auto}, {"legacy", ServerEra::Legacy}, {"modern", ServerEra::Modern}}}};
inline constexpr Text kHeaderName{"the name of a header such as \"x-user-id\"", is_header_name};

template <>
inline constexpr auto kFields<AffinityConfig> = std::tuple{
    Field{"header", &AffinityConfig::header, kHeaderName,
          "Request header whose value identifies the owner. Without it, the owner is the token holder."},
    Field{"keep", &AffinityConfig::keep, Span{milliseconds{0}, kDay},
          "How long a child is kept after its owner's last session."},
};

inline constexpr Choice<SharedLogs, 3> kSharedLogs{
    {{{"single", SharedLogs::Single}, {"all", SharedLogs::All}, {"drop", SharedLogs::Drop}}}};

inline constexpr Text kVariableToHave{"the name of an environment variable", is_variable_name};

template <>
inline constexpr auto kFields<Need> = std::tuple{
    Field{"variable", &Need::variable, kVariableToHave,
          "An environment variable of the gateway that must be set and not empty."},
    Field{"program", &Need::program, Text{}, "A program the child must be able to find, by name or path."},
    Field{"file", &Need::file, Text{}, "A file or directory that must exist."},
    Field{"for", &Need::purpose, Text{}, "What the prerequisite is, for the person who has to provide it."},
};

template <>
inline constexpr auto kFields<ExpectConfig> = std::tuple{
    Field{"contains", &ExpectConfig::contains, Text{}, "A string that must occur in the answer."},
    Field{"absent", &ExpectConfig::absent, Text{}, "A string that must not occur in the answer."},
    Field{"json", &ExpectConfig::json, PointedValues{},
          "JSON pointers and the values expected there, in the structured content or else in the first text "
          "content parsed as JSON."},
};

template <>
inline constexpr auto kFields<ProbeConfig> = std::tuple{
    Field{"tool", &ProbeConfig::tool, Text{}, "Tool to call. Exactly one of tool and method."},
    Field{"method", &ProbeConfig::method, Text{}, "Method to call, such as ping. Exactly one of tool and method."},
    Field{"arguments", &ProbeConfig::arguments, ObjectText{}, "Arguments of the tool, or params of the method."},
    Field{"expect", &ProbeConfig::expect, Group<ExpectConfig>{}, "What the answer must contain."},
    Field{"interval", &ProbeConfig::interval, Span{milliseconds{100}, kDay}, "Time between probes, with 10 % jitter."},
    Field{"timeout", &ProbeConfig::timeout, Span{milliseconds{10}, kHour},
          "Time limit for the answer, from when the probe is sent."},
};

inline constexpr Text kAbsoluteFile{
    "an absolute path such as \"/etc/mcp-gateway/tokens.json\"",
    [](std::string_view text) { return text.starts_with('/') && !text.ends_with('/'); }};

inline constexpr Choice<OnDrift, 3> kOnDrift{
    {{{"warn", OnDrift::Warn}, {"hide", OnDrift::Hide}, {"refuse", OnDrift::Refuse}}}};

template <>
inline constexpr auto kFields<PinnedToolsConfig> = std::tuple{
    Field{"file", &PinnedToolsConfig::file, kAbsoluteFile,
          "Absolute path of the lock file that mcp-gateway lock writes, read again when it changes.",
          Presence::Required},
    Field{
        "on_drift", &PinnedToolsConfig::on_drift, kOnDrift,
        "What is done if a tool is not as in the file. warn: log it, and report it in health. hide: also neither list "
        "nor call tools that are new or changed. refuse: serve nothing of the service."},
};

inline constexpr Choices<CallFailure, 6> kCallFailures{{{{{"timeout", CallFailure::Timeout},
                                                          {"child_exited", CallFailure::ChildExited},
                                                          {"internal_error", CallFailure::InternalError},
                                                          {"rpc_error", CallFailure::RpcError},
                                                          {"tool_error", CallFailure::ToolError},
                                                          {"unavailable", CallFailure::Unavailable}}}}};

template <>
inline constexpr auto kFields<CircuitBreakerConfig> = std::tuple{
    Field{"consecutive_failures", &CircuitBreakerConfig::consecutive_failures, Count{0, 1000},
          "Failures without a success in between that open the circuit; 0 disables this."},
    Field{"failure_rate_threshold", &CircuitBreakerConfig::failure_rate_threshold, Ratio{},
          "Fraction of failed calls within window that opens the circuit; 0 disables this."},
    Field{"minimum_calls", &CircuitBreakerConfig::minimum_calls, Count{1, 100'000},
          "Calls within window below which failure_rate_threshold does not apply."},
    Field{"window", &CircuitBreakerConfig::window, Span{seconds{1}, kDay},
          "Sliding window over which failure_rate_threshold is computed."},
    Field{"wait_duration", &CircuitBreakerConfig::wait_duration, Span{milliseconds{10}, kDay},
          "How long calls are rejected before the first trial call."},
    Field{"max_wait_duration", &CircuitBreakerConfig::max_wait_duration, Span{milliseconds{0}, kDay},
          "The wait doubles after each failed trial, up to this. At least wait_duration; 0s: it does not grow."},
    Field{"permitted_calls_in_half_open", &CircuitBreakerConfig::permitted_calls_in_half_open, Count{1, 100},
          "Trial calls that must succeed to close the circuit; at most as many are in flight at once."},
    Field{"failures", &CircuitBreakerConfig::failures, kCallFailures,
          "What counts as a failure. timeout: no answer in time. child_exited: the child exited during the call. "
          "internal_error: JSON-RPC error -32603. rpc_error: any other JSON-RPC error that does not blame the request. "
          "tool_error: isError in the result. unavailable: no child is running or could be started."},
    Field{"tools", &CircuitBreakerConfig::tools, Texts{},
          "Names of tools with a circuit breaker of their own, whose calls do not count for the service's; [\"*\"] is "
          "each tool."},
};

inline constexpr Text kScope{"a scope: printable ASCII without spaces, quotes and backslashes", is_scope};

inline constexpr Text kPemFile{"an absolute path such as \"/etc/mcp-gateway/tls/fullchain.pem\"",
                               [](std::string_view text) { return text.starts_with('/') && !text.ends_with('/'); }};
inline constexpr Text kPemFileOrNone{
    "an absolute path such as \"/etc/mcp-gateway/tls/clients.pem\"",
    [](std::string_view text) { return text.empty() || (text.starts_with('/') && !text.ends_with('/')); }};
inline constexpr Text kPlainName{"a name of 1..64 of A-Z a-z 0-9 . _ -", is_plain_name};
inline constexpr Choice<ClientAuth, 3> kClientAuths{
    {{{"off", ClientAuth::Off}, {"optional", ClientAuth::Optional}, {"required", ClientAuth::Required}}}};
inline constexpr Choice<ClientName, 4> kClientNames{{{{"common_name", ClientName::CommonName},
                                                      {"email", ClientName::Email},
                                                      {"dns", ClientName::Dns},
                                                      {"uri", ClientName::Uri}}}};
inline constexpr Choice<TlsVersion, 2> kTlsVersions{{{{"1.2", TlsVersion::V12}, {"1.3", TlsVersion::V13}}}};

template <>
inline constexpr auto kFields<TlsConfig> = std::tuple{
    Field{
        "certificate", &TlsConfig::certificate, kPemFile,
        "Absolute path of a PEM file with the server's certificate, followed by the intermediate ones. It and key are "
        "read again when they change; a new pair that cannot be used leaves the old one in use.",
        Presence::Required},
    Field{"key", &TlsConfig::key, kPemFile,
          "Absolute path of a PEM file with the private key of the certificate, without a passphrase.",
          Presence::Required},
    Field{"min_version", &TlsConfig::min_version, kTlsVersions, "Oldest TLS version accepted: 1.2 or 1.3."},
    Field{"client_auth", &TlsConfig::client_auth, kClientAuths,
          "Whether clients must show a certificate: off, optional (one that is shown must be valid), or required. The "
          "holder is a principal, unless the request has a bearer token, which then decides. On the admin listener it "
          "only decides who may connect."},
    Field{
        "client_ca", &TlsConfig::client_ca, kPemFileOrNone,
        "Absolute path of a PEM file with the authorities whose client certificates are accepted, and optionally their "
        "revocation lists. It is read again when it changes."},
    Field{
        "client_name", &TlsConfig::client_name, kClientNames,
        "What names the principal: the common_name of the subject, or the one email, dns or uri among the alternative "
        "names. A certificate without exactly one is not accepted."},
    Field{
        "client_prefix", &TlsConfig::client_prefix, kPlainName,
        "Prefix of the names of these principals, PREFIX:NAME. Listeners with other authorities need another one, and "
        "no issuer may have it."},
    Field{"client_scopes", &TlsConfig::client_scopes, OrAbsent<Texts>{{kScope}},
          "Scopes the holders of client certificates are granted, for required_scopes. Without it, all."},
};

inline constexpr Choice<FileReach, 2> kFileReaches{{{{"listed", FileReach::Listed}, {"any", FileReach::Any}}}};
inline constexpr Choice<NetworkReach, 2> kNetworkReaches{{{{"any", NetworkReach::Any}, {"none", NetworkReach::None}}}};
inline constexpr Choices<SandboxLayer, 4> kSandboxLayers{{{{{"files", SandboxLayer::Files},
                                                            {"tcp_ports", SandboxLayer::TcpPorts},
                                                            {"processes", SandboxLayer::Processes},
                                                            {"memory", SandboxLayer::Memory}}}}};
inline constexpr Count kPort{1, 65535};
inline constexpr Text kPreset{"the name of a preset",
                              [](std::string_view text) { return sandbox_preset(text).has_value(); }};
inline constexpr Text kAbsolutePath{"an absolute path", [](std::string_view text) { return text.starts_with('/'); }};
inline constexpr Text kUserOrNone{"a user other than root: a name, UID or UID:GID",
                                  [](std::string_view text) { return text.empty() || is_sandbox_user(text); }};

/// TCP ports; not given is something else than none.
struct TcpPorts {
  void read(ConfigPlace const& place, Json const& found, std::optional<std::vector<std::uint16_t>>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::optional<std::vector<std::uint16_t>> const&) const { return "any"; }
};

/// The settings of a sandbox, or the name of a preset.
struct SandboxOrPreset {
  void read(ConfigPlace const& place, Json const& found, std::optional<SandboxConfig>& into) const;
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::optional<SandboxConfig> const&) const { return nullptr; }
};

template <>
inline constexpr auto kFields<SandboxConfig> = std::tuple{
    Field{"preset", &SandboxConfig::preset, kPreset,
          "Settings to start from, listed in docs/sandbox.md. Paths are added to those of the preset; any other key "
          "replaces its setting."},
    Field{"files", &SandboxConfig::files, kFileReaches,
          "listed: system files and the server's own, read-only, and the paths below. any: whatever its user may "
          "access."},
    Field{"read", &SandboxConfig::read, Texts{kAbsolutePath}, "Files and directories it may read."},
    Field{"execute", &SandboxConfig::execute, Texts{kAbsolutePath},
          "Files and directories it may read and run programs from."},
    Field{"write", &SandboxConfig::write, Texts{kAbsolutePath},
          "Files and directories it may read and change, but not run programs from."},
    Field{"write_args", &SandboxConfig::write_args, Flag{},
          "Adds the directories that occur in args as absolute paths to write."},
    Field{"network", &SandboxConfig::network, kNetworkReaches,
          "none: a network namespace of its own, or, where the system does not permit that, no internet sockets."},
    Field{"connect_ports", &SandboxConfig::connect_ports, TcpPorts{},
          "TCP ports it may connect to, or any; with an empty list none. UDP is not affected."},
    Field{"bind_ports", &SandboxConfig::bind_ports, TcpPorts{},
          "TCP ports it may listen on, or any; with an empty list none."},
    Field{"unix_sockets", &SandboxConfig::unix_sockets, Flag{},
          "Whether it may use Unix sockets, such as those of Docker, D-Bus or a database. Socket pairs always work."},
    Field{"user_namespaces", &SandboxConfig::user_namespaces, Flag{},
          "Whether it may create namespaces, as the sandbox of a browser does."},
    Field{"user", &SandboxConfig::user, kUserOrNone,
          "User it runs as, without supplementary groups: a name, UID or UID:GID. The gateway needs the capabilities "
          "CAP_SETUID, CAP_SETGID, CAP_KILL and CAP_SYS_PTRACE for it."},
    Field{"max_open_files", &SandboxConfig::max_open_files, Count{0, 1'000'000},
          "Open files of each process; 0 is the gateway's limit."},
    Field{"max_processes", &SandboxConfig::max_processes, Count{0, 1'000'000},
          "Processes and threads of the child and its descendants; 0 is no limit."},
    Field{"max_file_size", &SandboxConfig::max_file_size, ByteSize{0, 1024 * kGiB},
          "Size of a file it writes; 0B is no limit."},
    Field{"max_data", &SandboxConfig::max_data, ByteSize{0, 1024 * kGiB},
          "Private writable memory of each process; 0B is no limit."},
    Field{"max_memory", &SandboxConfig::max_memory, ByteSize{0, 1024 * kGiB},
          "Memory of the child and its descendants together, by a delegated control group; 0B is no limit."},
    Field{"max_core_size", &SandboxConfig::max_core_size, ByteSize{0, 1024 * kGiB}, "Size of a core dump; 0B is none."},
    Field{"max_cpu_time", &SandboxConfig::max_cpu_time, Span{milliseconds{0}, 365 * kDay},
          "CPU time of each process, rounded up to seconds, after which it is killed; 0s is no limit."},
    Field{"optional", &SandboxConfig::optional, kSandboxLayers,
          "What may be missing on this system: files, tcp_ports, processes, memory. Without one that is not listed "
          "here the service is not started."},
};

inline constexpr Text kOwnerHeader{"the name of a header such as \"x-github-token\" that is not the client's own token",
                                   is_owner_header};
inline constexpr Text kOwnerFile{"an absolute path with {principal} in it, such as \"/run/secrets/{principal}\"",
                                 is_owner_file};

template <>
inline constexpr auto kFields<OwnerVariable> = std::tuple{
    Field{"claim", &OwnerVariable::claim, Text{},
          "Claim of the client's access token: its name, or a JSON pointer. Exactly one of claim, header and file."},
    Field{"header", &OwnerVariable::header, kOwnerHeader,
          "Header of the request that opens the session; only behind a client or proxy you trust with it."},
    Field{"file", &OwnerVariable::file, kOwnerFile,
          "File with the value, for each principal; {principal} is its name, with unusual characters as %XX."},
};
inline constexpr Text kProgram{"a program", [](std::string_view text) { return !text.empty(); }};
inline constexpr Text kVariableName{"the name of an environment variable", is_variable_name, true};

inline constexpr Patterns kToolNames{"names of tools, such as [\"get_*\"]"};

template <>
inline constexpr auto kFields<ToolLimits> = std::tuple{
    Field{"tools", &ToolLimits::tools, kToolNames,
          "Names of tools, with * for any characters. The first entry that fits a tool applies.", Presence::Required},
    Field{"call_timeout", &ToolLimits::call_timeout, Span{milliseconds{0}, kDay},
          "Replaces call_timeout of the service; 0s keeps it."},
    Field{"call_timeout_max", &ToolLimits::call_timeout_max, Span{milliseconds{0}, kDay},
          "Replaces call_timeout_max of the service; 0s keeps it."},
    Field{"max_argument_bytes", &ToolLimits::max_argument_bytes, ByteSize{0, kGiB},
          "Maximum size of the arguments as JSON; a larger call is rejected. 0B is no limit."},
    Field{"max_result_bytes", &ToolLimits::max_result_bytes, ByteSize{0, 2 * kGiB},
          "Maximum size of the result as JSON; a larger one is replaced by an error. 0B is no limit."},
};

template <>
inline constexpr auto kFields<ServiceConfig> = std::tuple{
    Field{"command", &ServiceConfig::command, kProgram,
          "Program to run, looked up in PATH and started without a shell.", Presence::Required},
    Field{"args", &ServiceConfig::args, Texts{}, "Arguments, passed byte for byte."},
    Field{"env", &ServiceConfig::env, Variables{}, "Environment variables, in addition to the inherited allow-list."},
    Field{"pass_env", &ServiceConfig::pass_env, Texts{kVariableName},
          "Names of the gateway's environment variables to pass through, in addition to the allow-list."},
    Field{"owner_env", &ServiceConfig::owner_env, NamedGroups<OwnerVariable>{},
          "Environment variables that each owner's child gets of its own, with isolation: affinity."},
    Field{"cwd", &ServiceConfig::cwd, Text{}, "Working directory; empty is the gateway's."},
    Field{"disabled", &ServiceConfig::disabled, Flag{}, "Validated, but neither started nor served."},
    Field{"required", &ServiceConfig::required, Flag{},
          "While this service is down the gateway is UNHEALTHY and not ready, instead of DEGRADED."},
    Field{"needs", &ServiceConfig::needs, Groups<Need>{},
          "Prerequisites. While one is missing the service is not started, and /health reports which."},
    Field{"listen", &ServiceConfig::listen, AddressOrOff{},
          "A listener for this service alone, with /sse, /messages, /mcp and /health at its root."},
    Field{"tls", &ServiceConfig::tls, Maybe<TlsConfig>{}, "TLS on that listener; without it, plain HTTP."},
    Field{"isolation", &ServiceConfig::isolation, kIsolations,
          "shared: one child for all sessions. session: one child per session. affinity: one child per "
          "owner, for all of the owner's sessions."},
    Field{"era", &ServiceConfig::era, kServerEras,
          "Protocol revisions the server is spoken to in. legacy: up to 2025-11-25, with initialize. modern: "
          "2026-07-28, without sessions. auto: found out when the server is first started."},
    Field{"affinity", &ServiceConfig::affinity, Group<AffinityConfig>{},
          "What identifies the owner of a child, and how long the child is kept."},
    Field{"start_timeout", &ServiceConfig::start_timeout, Span{milliseconds{100}, kHour},
          "Time from starting a child to its answer to initialize or server/discover."},
    Field{"call_timeout", &ServiceConfig::call_timeout, Span{milliseconds{10}, kDay},
          "How long a call may go without an answer or progress. At most call_timeout_max."},
    Field{"call_timeout_max", &ServiceConfig::call_timeout_max, Span{milliseconds{10}, kDay},
          "How long a call may take in total, even with progress."},
    Field{"server_request_timeout", &ServiceConfig::server_request_timeout, Span{seconds{1}, kDay},
          "How long a client may take to answer a sampling, elicitation or roots request."},
    Field{"tool_limits", &ServiceConfig::tool_limits, Groups<ToolLimits>{}, "Timeouts and sizes for single tools."},
    Field{"max_calls", &ServiceConfig::max_calls, Count{1, 100'000},
          "Calls one child may have in flight. Further calls are queued, and served round-robin by client."},
    Field{"client_share", &ServiceConfig::client_share, Ratio{},
          "Fraction of the slots other clients leave free (max_calls less their calls in flight) that one "
          "client may use; with 1 nothing is reserved."},
    Field{"max_queue", &ServiceConfig::max_queue, Count{0, 100'000},
          "Calls that may be queued while a child starts or has max_calls in flight. When the queue is full, "
          "a call of the client with the most queued calls is rejected."},
    Field{"replicas", &ServiceConfig::replicas, Count{1, 64},
          "Number of children of a shared service; its sessions are spread over them."},
    Field{"max_children", &ServiceConfig::max_children, Count{1, 10'000},
          "Maximum number of children where each session or owner has its own. At the limit an idle one is "
          "evicted; when none is idle, the new session is rejected with 503."},
    Field{"cache_tools", &ServiceConfig::cache_tools, Flag{},
          "Answer tools/list from a cache until the child reports that its tools changed."},
    Field{"tools_refresh", &ServiceConfig::tools_refresh, Span{milliseconds{0}, kDay},
          "How often tools are listed again for a child that does not declare listChanged; 0s is never."},
    Field{"expected_tools", &ServiceConfig::expected_tools, ToolsOrCount{},
          "Minimum number of tools, or names of tools, that the service must list; otherwise it is "
          "degraded."},
    Field{"probe", &ServiceConfig::probe, Maybe<ProbeConfig>{},
          "A periodic call that checks the backend of the service."},
    Field{"pinned_tools", &ServiceConfig::pinned_tools, Maybe<PinnedToolsConfig>{},
          "Compares the tools of the service with those that were reviewed. Replaces gateway.pinned_tools."},
    Field{"circuit_breaker", &ServiceConfig::circuit_breaker, Maybe<CircuitBreakerConfig>{},
          "Rejects calls at once while the service fails, and tries it again after a while. {} enables it with the "
          "defaults; without it there is none."},
    Field{"shared_logs", &ServiceConfig::shared_logs, kSharedLogs,
          "Which clients get log messages of a shared child. single: the only client that it works for. all: "
          "every client. drop: none."},
    Field{"idle_stop", &ServiceConfig::idle_stop, Span{milliseconds{0}, kDay},
          "How long a shared child may have no session before it is stopped; the next session starts it. 0s "
          "is never."},
    Field{"recycle", &ServiceConfig::recycle, Group<RecycleConfig>{}, "When an idle child is replaced by a fresh one."},
    Field{"restart", &ServiceConfig::restart, Group<RestartConfig>{}, "When a child that exited is restarted."},
    Field{"stop", &ServiceConfig::stop, Group<StopConfig>{}, "How a child is stopped."},
    Field{"required_scopes", &ServiceConfig::required_scopes, Texts{kScope},
          "Scopes a client must have been granted to use the service."},
    Field{"sandbox", &ServiceConfig::sandbox, SandboxOrPreset{},
          "What its child may do: an object, or the name of a preset. Without it, whatever the gateway may."},
    Field{"stderr_lines_per_second", &ServiceConfig::stderr_lines_per_second, Count{0, 100'000},
          "Lines of the child's stderr logged per second; the rest is only counted."},
};

/// A key of a service under the name other programs give it.
struct AdoptedKey {
  std::string_view key;
  std::string_view type;      ///< its JSON type
  std::string_view sentence;  ///< what it does here
};

/// Accepted as synonyms, so that files of other programs run unchanged.
inline constexpr std::array<AdoptedKey, 11> kAdoptedKeys{{
    {"type", "string", "stdio or local. Any other value is a remote server, which is not started."},
    {"transport", "string", "The same as type."},
    {"transportType", "string", "The same as type."},
    {"enabled", "boolean", "The opposite of disabled."},
    {"isActive", "boolean", "The same as enabled."},
    {"timeout", "number", "call_timeout in seconds, or in milliseconds if above 3600. An explicit call_timeout wins."},
    {"cmd", "string", "The same as command."},
    {"environment", "object", "The same as env."},
    {"working_directory", "string", "The same as cwd."},
    {"workingDirectory", "string", "The same as cwd."},
    {"workdir", "string", "The same as cwd."},
}};

/// A key of a service that has no meaning here.
struct ForeignKey {
  std::string_view key;
  std::string_view sentence;  ///< shown to the user
};

/// Accepted and ignored, each with its own note. Other unknown keys get a general note.
inline constexpr std::array<ForeignKey, 32> kForeignKeys{{
    {"alwaysAllow", "Ignored: approval is the client's."},
    {"auth", "Ignored: applies to remote servers only."},
    {"autoApprove", "Ignored: approval is the client's."},
    {"autoStart", "Ignored: services start with the gateway."},
    {"description", "Ignored."},
    {"dev", "Ignored: development mode of VS Code."},
    {"disabledTools", "Ignored: all tools of the service are served."},
    {"enabledTools", "Ignored: all tools of the service are served."},
    {"env_vars", "Ignored: use pass_env to pass variables through."},
    {"envFile", "Ignored: the file is not read; use env with ${VAR} or ${file:/path}."},
    {"excludeTools", "Ignored: all tools of the service are served."},
    {"gallery", "Ignored."},
    {"headers", "Ignored: applies to remote servers only."},
    {"icon", "Ignored."},
    {"iconUrl", "Ignored."},
    {"idleTimeoutMs", "Ignored: use idle_stop."},
    {"includeTools", "Ignored: all tools of the service are served."},
    {"inheritParentEnv", "Ignored: use pass_env to pass variables through."},
    {"metadata", "Ignored."},
    {"oauth", "Ignored: applies to remote servers only."},
    {"options", "Ignored: tokens belong in gateway.auth.tokens, and all tools of the service are served."},
    {"sandboxEnabled", "Ignored: use sandbox."},
    {"startOnDemand", "Ignored: services start with the gateway."},
    {"start_on_launch", "Ignored: services start with the gateway."},
    {"startup_timeout_ms", "Ignored: use start_timeout."},
    {"startup_timeout_sec", "Ignored: use start_timeout."},
    {"tags", "Ignored."},
    {"tool_timeout_sec", "Ignored: use call_timeout."},
    {"tools", "Ignored: all tools of the service are served."},
    {"trust", "Ignored: approval is the client's."},
    {"version", "Ignored."},
    {"watchPaths", "Ignored: a child is restarted when it exits, not when files change."},
}};

inline constexpr Text kSha256{"64 hex digits", is_sha256, true};

template <>
inline constexpr auto kFields<AuthToken> = std::tuple{
    Field{"name", &AuthToken::name, kPlainName, "Name of the token's holder in logs and metrics; unique.",
          Presence::Required},
    Field{"token", &AuthToken::token, HiddenToken{},
          "The token; prefer ${VAR} or ${file:/path} to the literal token. Exactly one of token and "
          "sha256."},
    Field{"sha256", &AuthToken::sha256, kSha256, "SHA-256 of the token in hex. Exactly one of token and sha256."},
    Field{"expires", &AuthToken::expires, Moment{},
          "When the token ends to be accepted, in UTC, such as 2027-01-31 or 2027-01-31T18:00:00Z."},
    Field{"scopes", &AuthToken::scopes, OrAbsent<Texts>{{kScope}},
          "Scopes the holder is granted, for required_scopes. Without it, all."},
};

inline constexpr Text kWebUrl{"a URL such as \"https://login.example.com/realms/team\"", is_web_url};
inline constexpr Text kWebUrlOrNone{"a URL such as \"https://login.example.com/keys\"",
                                    [](std::string_view text) { return text.empty() || is_web_url(text); }};
inline constexpr Text kAlgorithm{"RS256, PS256, ES256 or EdDSA", [](std::string_view text) {
                                   return text == "RS256" || text == "PS256" || text == "ES256" || text == "EdDSA";
                                 }};

template <>
inline constexpr auto kFields<IntrospectionConfig> = std::tuple{
    Field{"endpoint", &IntrospectionConfig::endpoint, kWebUrlOrNone,
          "URL of the introspection endpoint; by default the one in the issuer's metadata. If it is given, and neither "
          "jwks_uri nor jwks_file, the issuer is asked about JWTs, too."},
    Field{"client_id", &IntrospectionConfig::client_id, Text{}, "Client id of the gateway at the issuer.",
          Presence::Required},
    Field{"client_secret", &IntrospectionConfig::client_secret, HiddenText{},
          "Its secret; prefer ${VAR} or ${file:/path} to the literal text.", Presence::Required},
    Field{"cache", &IntrospectionConfig::cache, Span{milliseconds{0}, kHour},
          "How long an answer is used for the same token: how long a revoked token may still be accepted."},
};

template <>
inline constexpr auto kFields<IssuerConfig> = std::tuple{
    Field{"issuer", &IssuerConfig::issuer, kWebUrl,
          "Issuer identifier of the authorization server, exactly as iss in its tokens.", Presence::Required},
    Field{"name", &IssuerConfig::name, kPlainName,
          "Name of the issuer in the names of its principals, NAME:SUBJECT; unique. By default the host in issuer."},
    Field{"jwks_uri", &IssuerConfig::jwks_uri, kWebUrlOrNone,
          "URL of its keys (JWKS); by default the one in its metadata (RFC 8414 or OpenID Connect Discovery)."},
    Field{"jwks_file", &IssuerConfig::jwks_file, kAbsoluteFile,
          "Absolute path of a file with its keys instead, read again when it changes."},
    Field{"introspection", &IssuerConfig::introspection, Maybe<IntrospectionConfig>{},
          "How the issuer is asked about opaque tokens (RFC 7662). At most one issuer can have this."},
};

template <>
inline constexpr auto kFields<OAuthConfig> = std::tuple{
    Field{"issuers", &OAuthConfig::issuers, Groups<IssuerConfig>{},
          "Authorization servers whose access tokens are accepted, besides tokens and tokens_file."},
    Field{"audience", &OAuthConfig::audience, Texts{},
          "Values one of which must be in a token's aud. By default the public URL of the endpoint that is called, of "
          "its "
          "service, or of the gateway."},
    Field{"required_scopes", &OAuthConfig::required_scopes, Texts{kScope},
          "Scopes every token of an issuer must have, besides those of the service."},
    Field{"algorithms", &OAuthConfig::algorithms, Texts{kAlgorithm}, "Signature algorithms that are accepted."},
    Field{"leeway", &OAuthConfig::leeway, Span{milliseconds{0}, std::chrono::minutes{5}},
          "By how much the clocks of an issuer and the gateway may differ."},
};

template <>
inline constexpr auto kFields<AuthConfig> = std::tuple{
    Field{"tokens", &AuthConfig::tokens, Groups<AuthToken>{},
          "Bearer tokens. If there are any, every request must present one of them."},
    Field{
        "tokens_file", &AuthConfig::tokens_file, kAbsoluteFile,
        "Absolute path of a JSON file {\"tokens\": [...]} with more tokens. It is read again when it changes; while it "
        "cannot be used, the tokens read before stay valid."},
    Field{"oauth", &AuthConfig::oauth, Group<OAuthConfig>{},
          "Access tokens of OAuth authorization servers, as the MCP specification describes."},
    Field{"allow_unauthenticated", &AuthConfig::allow_unauthenticated, Flag{},
          "Allow listening on non-loopback addresses without tokens."},
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

inline constexpr Choice<Effect, 2> kEffects{{{{"allow", Effect::Allow}, {"deny", Effect::Deny}}}};
inline constexpr Patterns kPrincipals{"names of principals, such as [\"ci\", \"team-*\"]"};
inline constexpr Patterns kServices{"names of services, such as [\"github\"]"};

template <>
inline constexpr auto kFields<PolicyRule> = std::tuple{
    Field{"effect", &PolicyRule::effect, kEffects, "What the rule decides.", Presence::Required},
    Field{"principals", &PolicyRule::principals, kPrincipals,
          "Who: names of principals, with * for any characters. A client without a token has no name and fits none."},
    Field{"scopes", &PolicyRule::scopes, Texts{kScope},
          "Who: principals with each of these scopes. A static token without scopes has all of them, except for deny."},
    Field{"claims", &PolicyRule::claims, NamedPatterns{},
          "Who: principals with these claims. Maps the name of a claim, or a JSON pointer such as /realm_access/roles, "
          "to "
          "patterns one of which its value, or an element of it, must fit."},
    Field{"services", &PolicyRule::services, kServices, "Where: names of services, with * for any characters."},
    Field{"tools", &PolicyRule::tools, kToolNames,
          "What: names of tools. A rule with none of tools, prompts and resources is about everything in the service."},
    Field{"prompts", &PolicyRule::prompts, Patterns{"names of prompts, such as [\"*\"]"}, "What: names of prompts."},
    Field{"resources", &PolicyRule::resources, Patterns{"URIs of resources, such as [\"file:///public/*\"]"},
          "What: URIs of resources. A URI with dot segments or needless escapes is refused wherever patterns other "
          "than * "
          "would have to decide."},
};

template <>
inline constexpr auto kFields<PolicyConfig> = std::tuple{
    Field{"default", &PolicyConfig::otherwise, kEffects, "What holds where no rule fits."},
    Field{"rules", &PolicyConfig::rules, Groups<PolicyRule>{}, "Rules in order: the first that fits decides."},
};

template <>
inline constexpr auto kFields<QuotaConfig> = std::tuple{
    Field{"principals", &QuotaConfig::principals, kPrincipals, "Names of principals, with * for any characters."},
    Field{"services", &QuotaConfig::services, kServices, "Names of services."},
    Field{"tools", &QuotaConfig::tools, kToolNames, "Names of tools; the quota then counts calls of these tools only."},
    Field{"each", &QuotaConfig::each, QuotaEachList{},
          "What has an allowance of its own: any of principal, service and tool. An empty list is one allowance for "
          "all."},
    Field{"calls", &QuotaConfig::calls, Count{0, 1'000'000}, "Requests allowed per period; 0 is no limit."},
    Field{"per", &QuotaConfig::per, Span{milliseconds{10}, kDay}, "The period for calls."},
    Field{"burst", &QuotaConfig::burst, Count{0, 1'000'000},
          "Requests allowed at once after a pause; 0 is as many as calls."},
    Field{"in_flight", &QuotaConfig::in_flight, Count{0, 100'000}, "Requests that may be in flight; 0 is no limit."},
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
