// Fields of a service. See fields.h.
#pragma once

#include "gateway/config/access_fields.h"
#include "gateway/config/versions.h"

namespace gateway::config {

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

inline constexpr Choice<Reaches, 3> kReaches{
    {{{"backend", Reaches::Backend}, {"database", Reaches::Database}, {"external", Reaches::External}}}};

template <>
inline constexpr auto kFields<ProbeConfig> = std::tuple{
    Field{"tool", &ProbeConfig::tool, Text{}, "Tool to call. Exactly one of tool and method."},
    Field{"method", &ProbeConfig::method, Text{}, "Method to call, such as ping. Exactly one of tool and method."},
    Field{"arguments", &ProbeConfig::arguments, ObjectText{}, "Arguments of the tool, or params of the method."},
    Field{"expect", &ProbeConfig::expect, Group<ExpectConfig>{}, "What the answer must contain."},
    Field{"interval", &ProbeConfig::interval, Span{milliseconds{100}, kDay}, "Time between probes, with 10 % jitter."},
    Field{"timeout", &ProbeConfig::timeout, Span{milliseconds{10}, kHour},
          "Time limit for the answer, from when the probe is sent."},
    Field{"reaches", &ProbeConfig::reaches, kReaches,
          "What is behind the server: health-check --database reports on the probes of a database, --external-services "
          "on those of something external."},
};

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

template <>
inline constexpr auto kFields<RedactConfig> = std::tuple{
    Field{"secrets", &RedactConfig::secrets, Flag{},
          "Replace the secrets that are redacted in logs, and those of owner_env."},
    Field{"keys", &RedactConfig::keys, Flag{},
          "Replace what is shaped like a key of GitHub, GitLab, AWS, Google, Slack, OpenAI, Anthropic, Stripe, npm, "
          "PyPI, "
          "Grafana or Hugging Face, a JWT, or a private key in PEM."},
    Field{"patterns", &RedactConfig::patterns, Texts{},
          "Replace what these regular expressions match, in the syntax of RE2. They see a text without its JSON "
          "escapes."},
};

inline constexpr Choices<CallFailure, 6> kCallFailures{{{{{"timeout", CallFailure::Timeout},
                                                          {"child_exited", CallFailure::ChildExited},
                                                          {"internal_error", CallFailure::InternalError},
                                                          {"rpc_error", CallFailure::RpcError},
                                                          {"tool_error", CallFailure::ToolError},
                                                          {"unavailable", CallFailure::Unavailable}}}}};

inline constexpr Text kNotEmpty{"the name of a tool, or *", [](std::string_view text) { return !text.empty(); }};

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
    Field{"tools", &CircuitBreakerConfig::tools, Texts{kNotEmpty},
          "Names of tools with a circuit breaker of their own, whose calls do not count for the service's; [\"*\"] is "
          "each tool."},
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
inline constexpr auto kFields<CanaryStep> = std::tuple{
    Field{"weight", &CanaryStep::weight, Count{1, 100}, "Percentage of owners that the new version has on this step.",
          Presence::Required},
    Field{"hold", &CanaryStep::hold, Span{seconds{1}, 30 * kDay}, "How long the step lasts if nothing is wrong."},
};

template <>
inline constexpr auto kFields<CanaryConfig> = std::tuple{
    Field{"steps", &CanaryConfig::steps, Groups<CanaryStep>{},
          "The weights that the new version gets one after another. By default 10 for 10m, 50 for 20m, 100 for 10m."},
    Field{"ready_timeout", &CanaryConfig::ready_timeout, Span{seconds{1}, kHour},
          "How long the new version may take to become healthy, before it gets its first session."},
    Field{
        "error_ratio", &CanaryConfig::error_ratio, Ratio{},
        "Fraction of its requests above which it is taken back, if they fail throughout error_window: those that were "
        "not answered in time or at all, or with a status of 5xx."},
    Field{"tool_error_points", &CanaryConfig::tool_error_points, Ratio{},
          "By how much the fraction of its tool calls with isError may exceed the former version's over error_window."},
    Field{"error_window", &CanaryConfig::error_window, Span{seconds{1}, kDay}, "Window of these two."},
    Field{
        "p95", &CanaryConfig::p95, Span{milliseconds{1}, kHour},
        "95th percentile of the duration of its tool calls above which it is taken back, if it stays there throughout "
        "latency_window."},
    Field{"baseline_ratio", &CanaryConfig::baseline_ratio, Ratio{},
          "Fraction of the former version's speed below which it is taken back, by the same percentile and window, and "
          "by 20ms at least; 0 disables this."},
    Field{"latency_window", &CanaryConfig::latency_window, Span{seconds{1}, kDay}, "Window of these two."},
    Field{"least_calls", &CanaryConfig::least_calls, Count{1, 1'000'000},
          "Calls in a window below which nothing is concluded from it."},
    Field{"failed_health", &CanaryConfig::failed_health, Count{1, 3600},
          "Seconds in succession for which it may not be healthy before it is taken back."},
};

inline constexpr Choice<RemoteTransport, 3> kRemoteTransports{
    {{{"auto", RemoteTransport::Auto}, {"http", RemoteTransport::Http}, {"sse", RemoteTransport::Sse}}}};
inline constexpr Text kAuthorities{"\"\" or an absolute path",
                                   [](std::string_view text) { return text.empty() || text.starts_with('/'); }};

template <>
inline constexpr auto kFields<ServiceConfig> = std::tuple{
    Field{"command", &ServiceConfig::command, kProgram,
          "Program to run, looked up in PATH and started without a shell.", Presence::Required},
    Field{"url", &ServiceConfig::url, Text{.hidden = true},
          "URL of a remote MCP server, instead of command. See docs/remote.md."},
    Field{"transport", &ServiceConfig::transport, kRemoteTransports,
          "With url: http (Streamable HTTP), sse (HTTP with SSE), or auto."},
    Field{
        "headers", &ServiceConfig::headers, HeaderFields{},
        "With url: headers of every request, such as Authorization. They are neither logged nor passed as arguments."},
    Field{"ca", &ServiceConfig::ca, kAuthorities,
          "With url: absolute path of a PEM file with authorities to trust besides the system's."},
    Field{"connect_timeout", &ServiceConfig::connect_timeout, Span{milliseconds{100}, std::chrono::minutes{10}},
          "With url: time limit for name, connection and TLS."},
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
    Field{
        "versions", &ServiceConfig::version, VersionsByName{},
        "Versions of the service by name, in which it differs from this, with a weight each: sessions are spread over "
        "them."},
    Field{"canary", &ServiceConfig::canary, Group<CanaryConfig>{},
          "How mcp-gateway canary moves the service to another version, and when it goes back."},
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
    Field{
        "redact", &ServiceConfig::redact, Group<RedactConfig>{},
        "What is replaced by *** in the texts of results, errors and notifications that the service sends to clients."},
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
inline constexpr std::array<AdoptedKey, 14> kAdoptedKeys{{
    {"type", "string", "stdio or local for a command; http, streamable-http or sse for a url."},
    {"transportType", "string", "The same as type."},
    {"serverUrl", "string", "The same as url."},
    {"httpUrl", "string", "The same as url, with transport: http."},
    {"http_headers", "object", "The same as headers."},
    {"static_headers", "object", "The same as headers."},
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
    {"auth", "Ignored: headers say what a remote server is shown."},
    {"autoApprove", "Ignored: approval is the client's."},
    {"autoStart", "Ignored: services start with the gateway."},
    {"connectionTimeout", "Ignored: use start_timeout, or connect_timeout with a url."},
    {"description", "Ignored."},
    {"dev", "Ignored: development mode of VS Code."},
    {"disabledTools", "Ignored: all tools of the service are served."},
    {"enabledTools", "Ignored: all tools of the service are served."},
    {"env_vars", "Ignored: use pass_env to pass variables through."},
    {"envFile", "Ignored: the file is not read; use env with ${VAR} or ${file:/path}."},
    {"excludeTools", "Ignored: all tools of the service are served."},
    {"gallery", "Ignored."},
    {"icon", "Ignored."},
    {"iconUrl", "Ignored."},
    {"idleTimeoutMs", "Ignored: use idle_stop."},
    {"includeTools", "Ignored: all tools of the service are served."},
    {"inheritParentEnv", "Ignored: use pass_env to pass variables through."},
    {"metadata", "Ignored."},
    {"oauth", "Ignored: headers say what a remote server is shown."},
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

}  // namespace gateway::config
