// What a user can set, as plain structs: each field with its default, its
// unit, its bound and a sentence. The tables in fields.h and beside it give each its
// JSON key; reader.h fills them.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/auth.h"
#include "gateway/config/circuit_breaker.h"
#include "gateway/config/group.h"
#include "gateway/config/pinned_tools.h"
#include "gateway/config/policy.h"
#include "gateway/config/quotas.h"
#include "gateway/config/redact.h"
#include "gateway/config/remote.h"
#include "gateway/config/sandbox.h"
#include "gateway/config/secret.h"
#include "gateway/config/tls_config.h"

namespace gateway::config {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;
inline constexpr std::size_t kGiB = 1024 * kMiB;

/// Where to listen: a numeric address and a port. Port 0 lets the system choose.
struct ListenAddress {
  std::string host = "127.0.0.1";  ///< IPv4 or IPv6 in numbers, the latter without its brackets
  std::uint16_t port = 0;          ///< 0..65535

  bool operator==(ListenAddress const&) const = default;
};

/// Whether only this machine can reach the address.
[[nodiscard]] inline bool is_loopback(ListenAddress const& address) {
  return address.host == "::1" || address.host.starts_with("127.");
}

/// As a user writes it: `127.0.0.1:8080`, `[::1]:8080`.
[[nodiscard]] inline std::string to_string(ListenAddress const& address) {
  bool const is_v6 = address.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

/// Limits on what clients and children may use.
struct LimitsConfig {
  /// Connections of clients open at once, over all loops; the admin listener has its own; 1..1000000.
  std::size_t max_connections = 16384;
  /// Client sessions open at once, over all services; 1..1000000.
  std::size_t max_sessions = 12000;
  /// Calls one session may have in flight; 1..100000.
  std::size_t max_calls_per_session = 256;
  /// Body of one HTTP request; 1KiB..1GiB.
  std::size_t max_request_bytes = 4 * kMiB;
  /// Request line and header fields of one HTTP request; 1KiB..1MiB.
  std::size_t max_head_bytes = 16 * kKiB;
  /// Header fields of one HTTP request; 8..1000.
  std::size_t max_head_fields = 100;
  /// One line from a child, which is one message; 64KiB..2GiB.
  std::size_t max_result_bytes = 64 * kMiB;
  /// Output buffered for a slow client; 64KiB..2GiB.
  std::size_t max_client_queue_bytes = 8 * kMiB;
  /// Input buffered for a slow child; 64KiB..2GiB.
  std::size_t max_stdin_queue_bytes = 16 * kMiB;
  /// From a request's first byte to the end of its head; 100ms..10m.
  milliseconds head_timeout = seconds{10};
  /// From the end of a request's head to the end of its body; 100ms..1h.
  milliseconds body_timeout = seconds{30};
  /// How long a connection may stay open between requests; 1s..1h.
  milliseconds keepalive_timeout = seconds{100};
  /// How long a client may take nothing while bytes wait for it; 100ms..1h.
  milliseconds write_timeout = seconds{30};
  /// How long a Streamable session lives without traffic and without an open stream; 1s..168h.
  milliseconds session_idle_timeout = std::chrono::minutes{30};
  /// Messages in one JSON-RPC batch; 1..10000.
  std::size_t batch_max = 100;
  /// Events kept per session for Last-Event-ID; 0..100000.
  std::size_t replay_events = 256;
  /// Bytes of events kept per session for Last-Event-ID; 0B..1GiB.
  std::size_t replay_bytes = kMiB;
  /// User-Agent prefix to the largest SSE event that client accepts; 1KiB..2GiB each.
  std::map<std::string, std::size_t, std::less<>> sse_event_limits{{"python-httpx2", kMiB}};

  bool operator==(LimitsConfig const&) const = default;
};

/// When a child that ended is started again.
struct RestartConfig {
  /// Wait before the first restart; doubles with each; 1ms..1h, at most backoff_max.
  milliseconds backoff_initial{250};
  /// Longest wait between restarts; 1ms..24h.
  milliseconds backoff_max = seconds{30};
  /// More restarts than this within `window` are a crash loop; 0..1000.
  std::size_t max_restarts = 5;
  /// The time in which restarts are counted; 1s..24h.
  milliseconds window = seconds{60};
  /// How long a service in a crash loop rests before the next attempt; 1s..24h.
  milliseconds crash_loop_pause = seconds{60};
  /// Running this long sets the backoff back to its start; 100ms..24h.
  milliseconds stable_after = seconds{10};

  bool operator==(RestartConfig const&) const = default;
};

/// How a child is asked to end, before it is killed.
struct StopConfig {
  /// From closing its stdin to SIGTERM; 0ms..10m.
  milliseconds stdin_grace = seconds{5};
  /// From SIGTERM to SIGKILL; 0ms..10m.
  milliseconds term_grace = seconds{2};

  bool operator==(StopConfig const&) const = default;
};

/// Whose child a session talks to.
enum class Isolation {
  Shared,    ///< one child for all sessions of the service
  Session,   ///< a child of its own for each session
  Affinity,  ///< one child for all sessions of the same owner, kept for the next of them
};

/// How a child is spoken to.
enum class ServerEra {
  Auto,    ///< found out when it is started first
  Legacy,  ///< a revision with sessions, up to 2025-11-25: it is initialized
  Modern,  ///< 2026-07-28: every request says everything
};

/// When a child that has nothing to do is replaced by another run of it.
struct RecycleConfig {
  /// After running so long; 0s (never)..8760h.
  milliseconds max_age{0};
  /// When it and its descendants use more memory; 0B (never)..1024GiB.
  std::size_t max_memory = 0;

  bool operator==(RecycleConfig const&) const = default;
};

/// Who owns a child with Isolation::Affinity.
struct AffinityConfig {
  /// The request header that names the owner, in lower case; empty: the token's holder alone. Owners
  /// that showed different tokens are different ones in any case.
  std::string header{};
  /// How long a child is kept after its owner's last session; 0s..24h.
  milliseconds keep = std::chrono::minutes{10};

  bool operator==(AffinityConfig const&) const = default;
};

/// Who gets `notifications/message` of a shared child, which names no client.
enum class SharedLogs {
  Single,  ///< the only client that the child works for
  All,     ///< every client of the child
  Drop,    ///< nobody
};

/// Something a service cannot do without. Exactly one of the first three is set.
struct Need {
  std::string variable{};  ///< an environment variable of the gateway that is set and not empty
  std::string program{};   ///< a program its child would find
  std::string file{};      ///< a file or folder that is there
  std::string purpose{};   ///< what it is, for whoever has to provide it

  bool operator==(Need const&) const = default;
};

/// What the result of a probe must contain to pass.
struct ExpectConfig {
  /// A text in its content; empty is no condition.
  std::string contains{};
  /// A text that must not be in its content; empty is no condition.
  std::string absent{};
  /// JSON pointer to the JSON text of the value that must stand there, in the structured content
  /// or else in the first text, which then is JSON.
  std::map<std::string, std::string, std::less<>> json{};

  bool operator==(ExpectConfig const&) const = default;
};

/// What a probe reaches behind its server.
enum class Reaches {
  Backend,   ///< whatever it is
  Database,  ///< `health-check --database` is about it
  External,  ///< `health-check --external-services` is about it
};

/// A request of the gateway's own that shows whether what is behind a service works. Exactly one of
/// `tool` and `method` is set.
struct ProbeConfig {
  std::string tool{};            ///< the tool to call
  std::string method{};          ///< or the method to ask
  std::string arguments = "{}";  ///< of the tool, or params of the method: the JSON text of an object
  ExpectConfig expect{};
  /// From one probe to the next, give or take a tenth; 100ms..24h.
  milliseconds interval = seconds{60};
  /// How long it may take, once it was sent; 10ms..1h.
  milliseconds timeout = seconds{10};
  Reaches reaches = Reaches::Backend;

  bool operator==(ProbeConfig const&) const = default;
};

/// Tools a service must offer: so many at least, or those of these names.
struct ExpectedTools {
  std::size_t count = 0;
  std::vector<std::string> names{};

  [[nodiscard]] bool any() const { return count > 0 || !names.empty(); }
  bool operator==(ExpectedTools const&) const = default;
};

/// Where an owner's value of an environment variable comes from. Exactly one of these is set.
struct OwnerVariable {
  std::string claim{};   ///< of its token: a name, or a JSON pointer
  std::string header{};  ///< of the request that opens its session, in lower case
  std::string file{};    ///< an absolute path with `{principal}` in it

  bool operator==(OwnerVariable const&) const = default;
};

/// A service of which there are several versions is configured once for each of them. Which of them one is:
struct ServiceVersion {
  std::string service{};   ///< what clients call all of them; the first version's own name
  std::string name{};      ///< such as `stable` or `next`
  std::size_t weight = 0;  ///< the part of owners whose sessions it gets, in percent

  bool operator==(ServiceVersion const&) const = default;
};

/// A step on which a canary stays for a while.
struct CanaryStep {
  std::size_t weight = 100;  ///< of the new version; 1..100
  milliseconds hold = std::chrono::minutes{10};

  bool operator==(CanaryStep const&) const = default;
};

/// How a new version of a service takes over from the former one, and when it is taken back.
struct CanaryConfig {
  std::vector<CanaryStep> steps{{.weight = 10, .hold = std::chrono::minutes{10}},
                                {.weight = 50, .hold = std::chrono::minutes{20}},
                                {.weight = 100, .hold = std::chrono::minutes{10}}};
  /// How long it may take to become healthy before its first session; 1s..1h.
  milliseconds ready_timeout = seconds{60};
  /// More of its requests than this may not fail, throughout error_window; 0..1.
  double error_ratio = 0.05;
  /// Nor may more of its tool calls than of the former version's and this; 0..1.
  double tool_error_points = 0.01;
  milliseconds error_window = std::chrono::minutes{2};
  /// The 95th percentile of its tool calls may not be longer than this throughout latency_window; 1ms..1h.
  milliseconds p95 = milliseconds{500};
  /// Nor may it be slower than this part of the former version's speed; 0 (not compared)..1.
  double baseline_ratio = 0.8;
  milliseconds latency_window = std::chrono::minutes{5};
  /// Of fewer calls in a window nothing is concluded.
  std::size_t least_calls = 20;
  /// Seconds in succession in which it was not healthy.
  std::size_t failed_health = 3;

  bool operator==(CanaryConfig const&) const = default;
};

/// One stdio MCP server: how it is run, and how clients reach it.
struct ServiceConfig {
  /// Path segment, `mcp-NAME` host and metric label; [A-Za-z0-9._-]{1,64}, unique without case.
  std::string name{};
  /// Absent: there is one version. Those that are not the first are called NAME@VERSION.
  std::optional<ServiceVersion> version{};
  /// Of the first version.
  CanaryConfig canary{};
  /// The program, looked up in PATH; never a shell.
  std::string command{};
  /// Its arguments, passed byte for byte.
  std::vector<std::string> args{};
  /// The URL of a remote server; the command is then one that connects to it.
  std::string url{};
  /// How it is spoken to.
  RemoteTransport transport = RemoteTransport::Auto;
  /// Of every request to it.
  std::map<std::string, Secret, std::less<>> headers{};
  /// A file with authorities to trust there besides the system's; empty for none.
  std::string ca{};
  /// For its name, connection and TLS; 100ms..10m.
  milliseconds connect_timeout = seconds{10};
  /// Its environment, in addition to the documented allow-list.
  std::map<std::string, Secret, std::less<>> env{};
  /// Variables of the gateway's environment passed through in addition to the allow-list.
  std::vector<std::string> pass_env{};
  /// Variables that each owner's child has of its own, with Isolation::Affinity.
  std::map<std::string, OwnerVariable, std::less<>> owner_env{};
  /// Its working directory; empty is the gateway's.
  std::string cwd{};
  /// Read and checked, but neither started nor served.
  bool disabled = false;
  /// Without it the gateway is UNHEALTHY, not DEGRADED.
  bool required = false;
  /// Prerequisites: while one is missing it is not started; other services run.
  std::vector<Need> needs{};
  /// The prerequisites that were missing when the file was read, in words.
  std::vector<std::string> unmet{};
  /// What else keeps it from being started here, in sentences, found when the file was read: it is a
  /// remote server, or a variable is not set.
  std::vector<std::string> faults{};
  /// What was put into any of this for a variable or a file: perhaps a secret, wherever it stands.
  std::vector<Secret> put_in{};
  /// A listener of its own, with the endpoints at its root.
  std::optional<ListenAddress> listen{};
  /// That listener's TLS; absent: plain HTTP.
  std::optional<TlsConfig> tls{};
  Isolation isolation = Isolation::Shared;
  ServerEra era = ServerEra::Auto;
  AffinityConfig affinity{};
  /// From spawn to the answer to `initialize` or `server/discover`; 100ms..1h.
  milliseconds start_timeout = seconds{60};
  /// How long a call may stay without an answer or progress; 10ms..24h, at most call_timeout_max.
  milliseconds call_timeout = seconds{120};
  /// How long a call may take in all, with progress; 10ms..24h.
  milliseconds call_timeout_max = std::chrono::minutes{30};
  /// How long a client may take to answer sampling, elicitation or roots; 1s..24h.
  milliseconds server_request_timeout = seconds{600};
  /// What holds for single tools.
  std::vector<ToolLimits> tool_limits{};
  /// Calls one child may owe at once; the rest waits; 1..100000.
  std::size_t max_calls = 1024;
  /// Of the max_calls that other clients leave, the part one client may have; 0..1.
  double client_share = 0.875;
  /// Calls that may wait while a child starts or owes max_calls; 0..100000.
  std::size_t max_queue = 256;
  /// Children of a shared service, on which its sessions are spread; 1..64.
  std::size_t replicas = 1;
  /// Children at once where each session or owner has its own; 1..10000.
  std::size_t max_children = 64;
  /// Answer tools/list from memory until the child says it changed.
  bool cache_tools = true;
  /// How often tools are listed again at a child that does not declare listChanged; 0s (never)..24h.
  milliseconds tools_refresh = seconds{60};
  /// Without one of these it is degraded.
  ExpectedTools expected_tools{};
  /// Checks its backend; without a probe only the process is monitored.
  std::optional<ProbeConfig> probe{};
  /// Absent: its tools are not compared with any. Filled in with those of the gateway.
  std::optional<PinnedToolsConfig> pinned_tools{};
  /// What its clients do not get to see; without any rule, they see all.
  RedactConfig redact{};
  /// Absent: it is called however often it fails.
  std::optional<CircuitBreakerConfig> circuit_breaker{};
  SharedLogs shared_logs = SharedLogs::Single;
  /// A shared child that had no session for so long is stopped, and started by the next; 0s (never)..24h.
  milliseconds idle_stop{0};
  RecycleConfig recycle{};
  RestartConfig restart{};
  StopConfig stop{};
  /// Scopes a principal must have to use it.
  std::vector<std::string> required_scopes{};
  /// What its child may do; without it, whatever the gateway may.
  std::optional<SandboxConfig> sandbox{};
  /// Lines of its stderr that are logged each second; the rest is counted; 0..100000.
  std::size_t stderr_lines_per_second = 50;

  /// Whether it can be started. One that cannot is served as unavailable.
  [[nodiscard]] bool available() const { return unmet.empty() && faults.empty(); }
  /// By which clients and rules call it, whatever its version.
  [[nodiscard]] std::string const& service_name() const { return version ? version->service : name; }
  [[nodiscard]] bool is_first_version() const { return version && version->service == name; }
  bool operator==(ServiceConfig const&) const = default;
};

enum class LogLevel { Debug, Info, Warn, Error };

/// The level as it is written in the configuration, in log lines and in metrics.
[[nodiscard]] constexpr std::string_view to_text(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warn: return "warn";
    case LogLevel::Error: return "error";
  }
  return "info";
}

enum class LogFormat {
  Auto,  ///< text where stderr is a terminal, JSON elsewhere
  Json,
  Text,
};

enum class LogOutputKind { Stderr, File, Syslog, Journal };

/// One place that log lines are written to.
struct LogOutput {
  LogOutputKind kind = LogOutputKind::Stderr;
  /// Absent: gateway.log.level, also when that is changed at runtime.
  std::optional<LogLevel> level{};
  /// Auto: gateway.log.format. If that is auto too, text where people read it as it is: a terminal, syslog, the journal.
  LogFormat format = LogFormat::Auto;
  /// The file. Or the socket of syslog or the journal; empty is the system's.
  std::string path{};
  /// The file is rotated before it grows beyond this; 0 disables rotation.
  std::size_t max_size = 100 * kMiB;
  /// Rotated files kept besides the current one.
  std::size_t keep = 5;

  bool operator==(LogOutput const&) const = default;
};

/// What is logged, and where to.
struct LogConfig {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Auto;
  /// Also logs who called which tool, and the shape of the arguments.
  bool audit = false;
  /// Empty: stderr.
  std::vector<LogOutput> outputs{};

  bool operator==(LogConfig const&) const = default;
};

/// Optional metrics.
struct MetricsConfig {
  /// A histogram of its calls' times for each tool: 15 series each.
  bool tool_durations = false;

  bool operator==(MetricsConfig const&) const = default;
};

/// Which calls are traced, and where spans are sent.
struct TracesConfig {
  /// The collector's URL for OTLP/HTTP, `http://HOST:PORT/v1/traces`; empty is off.
  std::string endpoint{};
  /// Of the traces that begin here, the part that is recorded; 0..1.
  double sample = 0.05;
  /// A call that failed, or took so long, is recorded although it was not chosen; 0s: no time is too long..24h.
  milliseconds slow = seconds{5};
  /// Passes the trace context on to children, in `_meta` of requests.
  bool propagate = true;
  /// Header fields for the collector, such as a token.
  std::map<std::string, Secret, std::less<>> headers{};

  bool operator==(TracesConfig const&) const = default;
};

/// Another program in the place of this one, without an end of what clients have open.
struct UpgradeConfig {
  /// How long it may take to become ready, before it is ended and this one goes on; 1s..1h.
  milliseconds ready_timeout = seconds{60};
  /// How long sessions live on in this one; 0ms..24h.
  milliseconds session_limit = std::chrono::minutes{10};

  bool operator==(UpgradeConfig const&) const = default;
};

/// The gateway itself.
struct GatewayConfig {
  /// The main listener: every service under /NAME/.
  ListenAddress listen{.host = "127.0.0.1", .port = 8080};
  /// The main listener's TLS; absent: plain HTTP.
  std::optional<TlsConfig> tls{};
  /// Health, version and metrics; empty ("off") is no admin listener.
  std::optional<ListenAddress> admin_listen = ListenAddress{.host = "127.0.0.1", .port = 9090};
  /// The admin listener's TLS; absent: plain HTTP.
  std::optional<TlsConfig> admin_tls{};
  /// The token that operators present to change something; while empty nobody may.
  Secret admin_token{};
  /// Threads that serve, each with services of its own; 1..64.
  std::size_t loops = 1;
  /// A loop looks for 50 microseconds whether something comes before it sleeps.
  bool busy_poll = false;
  /// Clients are told that a server failed, but not how.
  bool mask_error_details = false;
  /// The public path before ours when a proxy strips it, put before the endpoint reference; "" or /a/b.
  std::string base_path{};
  /// Where clients reach the gateway, `https://mcp.example.com` without a path, in lower case; empty: not known.
  std::string public_url{};
  /// Proxies in front, as addresses or blocks of them, whose X-Forwarded-Proto and X-Forwarded-Host are believed.
  std::vector<std::string> trusted_proxies{};
  /// Names accepted in Host, in lower case and without port, besides localhost, loopback, the listen
  /// address and mcp-NAME.
  std::vector<std::string> allowed_hosts{};
  /// Origins of browsers that may call, in lower case, besides those of this machine.
  std::vector<std::string> allowed_origins{};
  /// How often an SSE stream without traffic gets a comment; 1s..1h.
  milliseconds sse_keepalive = seconds{15};
  /// How long open calls may take to finish when the gateway stops; 0ms..1h.
  milliseconds drain_timeout = seconds{25};
  /// The configuration is read again when one of its files has changed.
  bool reload_on_change = false;
  UpgradeConfig upgrade{};
  /// An absolute path, where weights of versions and the progress of canaries are kept; empty: they are not.
  std::string state_file{};
  /// This process in health and logs; empty is the machine's host name.
  std::string instance_id{};
  /// Which of several deployments it belongs to, such as blue, in logs, metrics and traces; empty is none.
  std::string pool{};
  /// Where it runs, such as production, in logs, metrics and traces; empty is none.
  std::string env{};
  LogConfig log{};
  MetricsConfig metrics{};
  TracesConfig traces{};
  LimitsConfig limits{};
  /// Of every service that has none of its own.
  std::optional<PinnedToolsConfig> pinned_tools{};
  AuthConfig auth{};
  PolicyConfig policy{};
  std::vector<QuotaConfig> quotas{};
  /// Services joined to one endpoint: `groups` of the file.
  std::vector<GroupConfig> groups{};

  bool operator==(GatewayConfig const&) const = default;
};

/// Something in the file that has no effect, and that the user should know.
struct ConfigWarning {
  std::string path{};
  std::string what{};

  bool operator==(ConfigWarning const&) const = default;
};

/// A whole configuration, checked.
struct Config {
  GatewayConfig gateway{};
  std::vector<ServiceConfig> services{};  ///< in the order of the file, disabled ones too
  std::vector<ConfigWarning> warnings{};

  bool operator==(Config const&) const = default;
};

/// How TLS listeners make principals of clients with certificates.
[[nodiscard]] inline std::vector<TlsConfig> client_authorities(Config const& config) {
  std::vector<TlsConfig> all;
  if (config.gateway.tls && config.gateway.tls->asks_clients()) all.push_back(*config.gateway.tls);
  for (auto const& service : config.services)
    if (service.tls && service.tls->asks_clients()) all.push_back(*service.tls);
  return all;
}

}  // namespace gateway::config
