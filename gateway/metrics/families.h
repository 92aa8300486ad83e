// The names, help texts and buckets of all metrics. docs/metrics.md has a row for each, and a lint compares the two.
// Only included in this directory: the rest of the program counts through the probes.
#pragma once

#include "gateway/metrics/series.h"

namespace gateway::metrics {

// Every threshold of the service level objectives is an edge.
inline Edges const kCallSeconds{Unit::Nanosecond, {.0005, .001, .0025, .005, .01, .02, .05, .06, .1,  .2, .25,
                                                   .3,    .5,   1,     2.5,  5,   10,  30,  60,  120, 300}};
inline Edges const kToolSeconds{Unit::Nanosecond, {.005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120}};
inline Edges const kOverheadSeconds{Unit::Nanosecond,
                                    {.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25}};
inline Edges const kQueueSeconds{
    Unit::Nanosecond, {.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120}};
inline Edges const kLagSeconds{Unit::Nanosecond,
                               {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}};
inline Edges const kStartSeconds{Unit::Nanosecond, {.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}};
inline Edges const kSessionSeconds{Unit::Nanosecond, {1, 10, 60, 300, 900, 3600, 14400, 86400}};
inline Edges const kBytes{Unit::Each, {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}};

/// All metrics. Owned by Metrics, written by the probes.
struct Families {
  Page page;  ///< first: the families add themselves to it

  // ── calls ──
  Family<Counter> requests{page, "mcp_server_requests_total",
                           "Client requests ended, by method, outcome and the HTTP status that was sent."};
  Family<Histogram> operation_seconds{page, "mcp_server_operation_duration_seconds",
                                      "Time from a client's request to its answer, by method and outcome.",
                                      kCallSeconds};
  Family<Histogram> child_seconds{page, "mcp_client_operation_duration_seconds",
                                  "Time from the gateway's request to a child until its answer, by method.",
                                  kCallSeconds};
  Family<Histogram> overhead_seconds{page, "mcp_gateway_overhead_seconds",
                                     "Time of a call in the gateway itself, excluding the child and the queue.",
                                     kOverheadSeconds};
  Family<Histogram> queue_seconds{page, "mcp_gateway_queue_seconds",
                                  "Time a queued call waited for a slot or for a child to be ready.", kQueueSeconds};
  Family<Counter> rpc_errors{page, "mcp_server_rpc_errors_total", "Answers that are JSON-RPC errors, by code."};
  Family<Counter> tool_calls{page, "mcp_server_tool_calls_total", "Tool calls answered, by tool and outcome."};
  Family<Histogram> tool_seconds{page, "mcp_server_tool_duration_seconds",
                                 "Time from a client's tool call to its answer, by tool.", kToolSeconds};
  Family<Histogram> message_bytes{page, "mcp_server_message_bytes", "Size of requests (in) and answers (out).", kBytes};
  Family<Counter> notifications{page, "mcp_server_notifications_total",
                                "Notifications passed on to children (in) and to clients (out)."};
  Family<Gauge> in_flight{page, "mcp_gateway_requests_in_flight", "Calls in flight or queued."};
  Family<Counter> rejected{page, "mcp_gateway_rejected_total",
                           "Requests rejected before a child received them, by reason."};
  Family<Counter> cache_requests{page, "mcp_gateway_cache_requests_total",
                                 "tools/list requests that the kept list could answer."};

  Family<Gauge> circuit_state{page, "mcp_gateway_circuit_state",
                              "Circuit breakers, of a service or a tool: 0 closed, 1 half-open, 2 open."};
  Family<Counter> circuit_transitions{page, "mcp_gateway_circuit_transitions_total",
                                      "Changes of the state of circuit breakers, by the new state."};

  // ── sessions and streams ──
  Family<Gauge> sessions_active{page, "mcp_gateway_sessions_active", "Open sessions, by transport."};
  Family<Counter> sessions_opened{page, "mcp_gateway_sessions_opened_total", "Sessions opened, by transport."};
  Family<Counter> sessions_closed{page, "mcp_gateway_sessions_closed_total",
                                  "Sessions closed, by transport and reason."};
  Family<Histogram> session_seconds{page, "mcp_server_session_duration_seconds", "How long sessions lasted.",
                                    kSessionSeconds};
  Family<Gauge> sessions_limit{page, "mcp_gateway_sessions_limit", "Sessions that may be open at once."};
  Family<Gauge> streams_active{page, "mcp_gateway_streams_active", "Open SSE streams, by purpose."};
  Family<Counter> stream_disconnects{page, "mcp_gateway_stream_disconnects_total",
                                     "SSE streams that ended, by reason."};
  Family<Gauge> stream_buffer{page, "mcp_gateway_stream_buffer_bytes", "Output buffered for clients."};

  // ── children ──
  Family<Gauge> child_up{page, "mcp_child_up", "Children of a service that have completed their handshake."};
  Family<Gauge> child_state{page, "mcp_child_state", "Children of a service, by state."};
  Family<Histogram> child_start_seconds{page, "mcp_child_start_duration_seconds",
                                        "Time from spawn to the end of the handshake.", kStartSeconds};
  Family<Counter> child_restarts{page, "mcp_child_restarts_total", "Unexpected exits of children, by reason."};
  Family<Counter> child_spawn_failures{page, "mcp_child_spawn_failures_total",
                                       "Times a child's program could not be started."};
  Family<Counter> child_protocol_errors{page, "mcp_child_protocol_errors_total",
                                        "Lines of a child that are not a message or answer no request, by reason."};
  Family<Counter> child_stderr_lines{page, "mcp_child_stderr_lines_total", "Lines children wrote to stderr."};
  Family<Counter> child_stderr_suppressed{page, "mcp_child_stderr_suppressed_total", "Of these, lines not logged."};
  Family<Counter> child_messages_redacted{page, "mcp_child_messages_redacted_total",
                                          "Messages in which something was redacted before clients got them."};
  Family<Gauge> child_stdin_queue{page, "mcp_child_stdin_queue_bytes", "Input buffered for children."};
  Family<Gauge> child_last_seen{page, "mcp_child_last_seen_timestamp_seconds",
                                "When a child of a service last wrote to its stdout; 0 before the first time.",
                                Unit::Nanosecond};
  Family<Counter> child_cpu{page, "mcp_child_cpu_seconds_total",
                            "CPU time of a service's children and their descendants.", Unit::Nanosecond};
  Family<Gauge> child_memory{
      page, "mcp_child_resident_memory_bytes",
      "Resident memory of a service's children and their descendants; shared memory is counted once."};
  Family<Gauge> child_memory_limit{page, "mcp_child_memory_limit_bytes",
                                   "Memory above which a child is replaced, if configured."};
  Family<Gauge> child_fds{page, "mcp_child_open_fds",
                          "Open file descriptors of a service's children and their descendants."};
  Family<Gauge> child_threads{page, "mcp_child_threads", "Threads of a service's children and their descendants."};
  Family<Gauge> child_processes{page, "mcp_child_processes",
                                "Processes of a service: its children and their descendants."};
  Family<Gauge> child_tools{page, "mcp_child_tools", "Tools a service offers."};
  Family<Counter> child_tools_changed{page, "mcp_child_tools_changed_total", "Changes of a service's tool list."};
  Family<Gauge> child_tools_missing{page, "mcp_child_tools_missing", "Expected tools that a service does not offer."};
  Family<Gauge> child_tools_drifted{page, "mcp_child_tools_drifted",
                                    "Tools that are not as pinned: changed, new or missing."};
  Family<Counter> child_probes{page, "mcp_child_probes_total", "Probes of the backend of a service, by result."};
  Family<Gauge> child_probe_up{page, "mcp_child_probe_up",
                               "1 while the backend of a service works, according to its probe."};

  // ── the gateway ──
  Family<Gauge> connections_active{page, "mcp_gateway_connections_active", "Open HTTP connections."};
  Family<Gauge> connections_limit{page, "mcp_gateway_connections_limit",
                                  "Client connections that may be open at once, as far as file descriptors allow."};
  Family<Counter> connections{page, "mcp_gateway_connections_total", "HTTP connections, by result."};
  Family<Counter> connections_moved{page, "mcp_gateway_connections_moved_total",
                                    "Connections moved to the loop of the service that their next request names."};
  Family<Counter> tls_handshakes{page, "mcp_gateway_tls_handshakes_total", "TLS handshakes, by result."};
  Family<Counter> tls_connections{page, "mcp_gateway_tls_connections_total",
                                  "Completed TLS handshakes, by version and whether a session was resumed."};
  Family<Gauge> tls_expiry{page, "mcp_gateway_tls_certificate_expiry_timestamp_seconds",
                           "When the first certificate of a listener's chain expires."};
  Family<Counter> tls_reads{page, "mcp_gateway_tls_certificate_reads_total",
                            "Times a listener's certificate and key were read, by outcome."};
  Family<Counter> http_requests{page, "mcp_gateway_http_requests_total",
                                "HTTP requests answered, by route and status."};
  Family<Counter> parse_errors{page, "mcp_gateway_http_parse_errors_total",
                               "HTTP requests rejected by the parser, by reason."};
  Family<Counter> slow_clients{page, "mcp_gateway_slow_clients_total",
                               "Connections closed because their client did not read."};
  Family<Counter> loop_busy{page, "mcp_gateway_loop_busy_seconds_total", "CPU time of each loop's thread.",
                            Unit::Nanosecond};
  Family<Histogram> loop_lag{page, "mcp_gateway_event_loop_lag_seconds", "Delay of a timer of 100 ms, by loop.",
                             kLagSeconds};
  Family<Counter> log_lines{page, "mcp_gateway_log_lines_total", "Log lines written, by level."};
  Family<Counter> log_dropped{page, "mcp_gateway_log_dropped_total",
                              "Log lines lost, by output: they were not read fast enough, or could not be written."};
  Family<Counter> otlp_spans{page, "mcp_gateway_otlp_spans_total", "Trace spans, by result."};
  Family<Gauge> draining{page, "mcp_gateway_draining",
                         "1 while the gateway is shutting down and accepts no new sessions."};
  Family<Counter> config_reloads{page, "mcp_gateway_config_reloads_total",
                                 "Times the configuration was read again, by result."};
  Family<Gauge> config_successful{
      page, "mcp_gateway_config_last_reload_successful",
      "1 if the configuration in use is the one that was read last, 0 if that was refused."};
  Family<Gauge> config_loaded{page, "mcp_gateway_config_last_reload_success_timestamp_seconds",
                              "When the configuration in use was read."};
  Family<Gauge> version_weight{page, "mcp_gateway_version_weight",
                               "Percentage of owners whose sessions a version of a service gets."};
  Family<Counter> canary_rollbacks{page, "mcp_gateway_canary_rollbacks_total",
                                   "Canaries that were rolled back, by trigger."};
  Family<Gauge> build_info{page, "mcp_gateway_build_info", "1, labelled with the version."};

  // ── counted by several threads ──
  Family<SharedCounter> auth_failures{page, "mcp_gateway_auth_failures_total",
                                      "Requests that were not authorized, by reason."};
  Family<SharedCounter> auth_source_reads{
      page, "mcp_gateway_auth_source_reads_total",
      "Times tokens, keys or answers about them were read from a source, by outcome."};
  Family<SharedCounter> trace_context_invalid{page, "mcp_gateway_trace_context_invalid_total",
                                              "Invalid trace contexts sent by clients."};

  // ── the process, read on each scrape ──
  Family<Counter> process_cpu{page, "process_cpu_seconds_total", "CPU time of the gateway.", Unit::Nanosecond};
  Family<Gauge> process_memory{page, "process_resident_memory_bytes", "Resident memory of the gateway."};
  Family<Gauge> process_virtual{page, "process_virtual_memory_bytes", "Address space of the gateway."};
  Family<Gauge> process_fds{page, "process_open_fds", "Open file descriptors of the gateway."};
  Family<Gauge> process_max_fds{page, "process_max_fds", "File descriptors the gateway may open."};
  Family<Gauge> process_threads{page, "process_threads", "Threads of the gateway."};
  Family<Gauge> process_start{page, "process_start_time_seconds", "Start time of the gateway.", Unit::Nanosecond};
};

}  // namespace gateway::metrics
