#include "gateway/metrics/service_probe.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "gateway/metrics/families.h"
#include "gateway/metrics/memo.h"
#include "gateway/metrics/service_labels.h"

namespace gateway::metrics {

namespace {

/// How many tools of a service have series of their own; the others are counted together.
constexpr std::size_t kMaxTools = 64;
constexpr std::string_view kOverflow = "_overflow";

std::uint64_t nanoseconds(Duration d) { return static_cast<std::uint64_t>(std::max(d, Duration{}).count()); }

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace

class ServiceProbe::Impl {
 public:
  Impl(Families& families, std::string name, Options options)
      : families_(families),
        name_(std::move(name)),
        options_(options),
        in_flight_(families.in_flight.at(with({}))),
        bytes_in_(families.message_bytes.at(with({{"direction", "in"}}))),
        bytes_out_(families.message_bytes.at(with({{"direction", "out"}}))),
        overhead_(families.overhead_seconds.at(with({}))),
        queue_(families.queue_seconds.at(with({}))),
        late_answers_(families.child_protocol_errors.at(with({{"reason", "unknown_id"}}))),
        up_(families.child_up.at(with({}))),
        start_seconds_(families.child_start_seconds.at(with({}))),
        spawn_failures_(families.child_spawn_failures.at(with({}))),
        stderr_lines_(families.child_stderr_lines.at(with({}))),
        stderr_suppressed_(families.child_stderr_suppressed.at(with({}))),
        redacted_(families.child_messages_redacted.at(with({}))),
        stdin_queue_(families.child_stdin_queue.at(with({}))),
        last_seen_(families.child_last_seen.at(with({}))),
        cpu_(families.child_cpu.at(with({}))),
        memory_(families.child_memory.at(with({}))),
        fds_(families.child_fds.at(with({}))),
        threads_(families.child_threads.at(with({}))),
        processes_(families.child_processes.at(with({}))),
        tools_(families.child_tools.at(with({}))),
        tools_changed_(families.child_tools_changed.at(with({}))) {
    begin_calls();
    begin_sessions();
    begin_children();
  }

  /// The series of one kind of call, and of the sessions of one transport.
  struct CallSeries {
    Counter* requests;
    Histogram* seconds;
  };
  struct SessionSeries {
    Counter* opened;
    Gauge* active;
    Histogram* seconds;
  };
  struct ToolSeries {
    std::string tool;
    Memo<Counter*> by_outcome;
    Histogram* seconds;  ///< null if tools are not timed
  };

  CallSeries& calls(EndedCall const& call) {
    auto const code = label_of_status(call.code);
    return calls_.get({call.transport, call.method, call.outcome, code}, [&] {
      CallSeries const made{
          &requests(call.transport, call.method, call.outcome, code),
          &families_.operation_seconds.at(with({{"method", call.method}, {"outcome", call.outcome}}))};
      remember(*made.seconds, call.outcome);
      return made;
    });
  }

  Counter& requests(std::string_view transport, std::string_view method, std::string_view outcome,
                    std::string_view code) {
    return families_.requests.at(
        with({{"transport", transport}, {"method", method}, {"outcome", outcome}, {"code", code}}));
  }

  SessionSeries& sessions(std::string_view transport) {
    return sessions_.get({transport}, [&] {
      auto const labels = with({{"transport", transport}});
      return SessionSeries{&families_.sessions_opened.at(labels), &families_.sessions_active.at(labels),
                           &families_.session_seconds.at(labels)};
    });
  }

  ToolSeries& tool(std::string_view name) {
    if (last_tool_ != nullptr && last_tool_->tool == name) return *last_tool_;
    auto found = tools_seen_.find(name);
    if (found == tools_seen_.end()) {
      if (tools_seen_.size() >= kMaxTools) name = kOverflow;
      auto* const seconds = options_.tool_durations ? &families_.tool_seconds.at(with({{"tool", name}})) : nullptr;
      found = tools_seen_.try_emplace(std::string(name), ToolSeries{std::string(name), {}, seconds}).first;
    }
    last_tool_ = &found->second;
    return *last_tool_;
  }

  Counter& tool_calls(ToolSeries& tool, std::string_view outcome) {
    return *tool.by_outcome.get({outcome}, [&] {
      return &families_.tool_calls.at(with({{"tool", tool.tool}, {"outcome", outcome}}));
    });
  }

  Counter& rpc_errors(int code) {
    auto const label = label_of(code);
    return *rpc_errors_.get({label}, [&] { return &families_.rpc_errors.at(with({{"rpc_code", label}})); });
  }

  Histogram& at_child(std::string_view method) {
    return *at_child_.get({method}, [&] { return &families_.child_seconds.at(with({{"method", method}})); });
  }

  Counter& notes(Way way, std::string_view method) {
    auto const direction = label_of(way);
    return *notes_.get({direction, method}, [&] {
      return &families_.notifications.at(with({{"direction", direction}, {"method", method}}));
    });
  }

  Counter& sessions_closed(std::string_view transport, std::string_view reason) {
    return *sessions_closed_.get({transport, reason}, [&] {
      return &families_.sessions_closed.at(with({{"transport", transport}, {"reason", reason}}));
    });
  }

  Counter& stream_ends(std::string_view reason) {
    return *stream_ends_.get({reason}, [&] { return &families_.stream_disconnects.at(with({{"reason", reason}})); });
  }

  Counter& cache_requests(std::string_view result) {
    return *cache_requests_.get({result}, [&] {
      return &families_.cache_requests.at(with({{"kind", "tools_list"}, {"result", result}}));
    });
  }

  [[nodiscard]] Labels with(std::initializer_list<LabelPair> more) const {
    Labels labels{{"server", name_}};
    labels.insert(labels.end(), more);
    return labels;
  }

  /// No tool, no label.
  [[nodiscard]] Labels with_tool(std::string_view tool, std::initializer_list<LabelPair> more) const {
    auto labels = with(more);
    if (!tool.empty()) labels.push_back({"tool", tool});
    return labels;
  }

  [[nodiscard]] Traffic traffic() const;

  Families& families_;
  std::string const name_;
  Options const options_;
  Gauge& in_flight_;
  Histogram& bytes_in_;
  Histogram& bytes_out_;
  Histogram& overhead_;
  Histogram& queue_;
  Counter& late_answers_;
  Gauge& up_;
  Histogram& start_seconds_;
  Counter& spawn_failures_;
  Counter& stderr_lines_;
  Counter& stderr_suppressed_;
  Counter& redacted_;
  Gauge& stdin_queue_;
  Gauge& last_seen_;
  Counter& cpu_;
  Gauge& memory_;
  Gauge& fds_;
  Gauge& threads_;
  Gauge& processes_;
  Gauge& tools_;
  Counter& tools_changed_;
  Counter restarts_;
  std::array<Gauge*, kStreamKinds> streams_{};

 private:
  void begin_calls() {
    for (auto const transport : kTransports) {
      for (auto const& [outcome, code] : kEnds) {
        (void)requests(transport, kToolsCall, outcome, transport == kSse ? k202 : code);
      }
    }
    remember(families_.operation_seconds.at(with({{"method", kToolsCall}, {"outcome", kOk}})), kOk);
    (void)at_child(kToolsCall);
    (void)rpc_errors(0);
    for (auto const& [code, label] : kRpcCodes) (void)rpc_errors(code);
    for (auto const reason : kRejections) families_.rejected.at(with({{"reason", reason}}));
    for (auto const method : kNotesIn) (void)notes(Way::In, method);
    for (auto const method : kNotesOut) (void)notes(Way::Out, method);
    for (auto const result : {"hit", "miss"}) (void)cache_requests(result);
  }

  void begin_sessions() {
    for (auto const transport : kTransports) {
      active_.push_back(sessions(transport).active);
      for (auto const reason : kSessionEnds) (void)sessions_closed(transport, reason);
    }
    for (std::size_t kind = 0; kind < kStreams.size(); ++kind) {
      streams_[kind] = &families_.streams_active.at(with({{"kind", kStreams[kind]}}));
    }
    for (auto const reason : kStreamEnds) (void)stream_ends(reason);
  }

  void begin_children() {
    for (auto const state : kStates) families_.child_state.at(with({{"state", state}}));
    for (auto const reason : kRestarts) families_.child_restarts.at(with({{"reason", reason}}));
    for (auto const reason : kNonsense) families_.child_protocol_errors.at(with({{"reason", reason}}));
  }

  /// Adds each series once, however many kinds of calls it counts.
  void remember(Histogram& seconds, std::string_view outcome) {
    std::scoped_lock const lock(timed_mutex_);
    for (auto const& known : timed_) {
      if (known.seconds == &seconds) return;
    }
    timed_.push_back({&seconds, outcome != kOk && outcome != kCancelled});
  }

  struct Timed {
    Histogram const* seconds;
    bool failed;
  };

  Memo<CallSeries> calls_;
  Memo<SessionSeries> sessions_;
  Memo<Counter*> sessions_closed_;
  Memo<Counter*> stream_ends_;
  Memo<Counter*> cache_requests_;
  Memo<Counter*> rpc_errors_;
  Memo<Counter*> notes_;
  Memo<Histogram*> at_child_;
  std::unordered_map<std::string, ToolSeries, TextHash, std::equal_to<>> tools_seen_;
  ToolSeries* last_tool_ = nullptr;
  std::vector<Gauge const*> active_;  ///< sessions, by transport
  mutable std::mutex timed_mutex_;    ///< guards timed_: any thread may ask for the traffic
  std::vector<Timed> timed_;
};

Traffic ServiceProbe::Impl::traffic() const {
  Traffic traffic;
  traffic.latency_bounds = kCallSeconds.shown();
  traffic.latency.resize(traffic.latency_bounds.size() + 1);
  {
    std::scoped_lock const lock(timed_mutex_);
    for (auto const& [seconds, failed] : timed_) {
      for (std::size_t at = 0; at < traffic.latency.size(); ++at) {
        auto const count = seconds->in_bucket(at);
        traffic.latency[at] += count;
        traffic.calls += count;
        if (failed) traffic.errors += count;
      }
    }
  }
  auto const now = [](Gauge const& level) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(level.value(), 0));
  };
  for (auto const* const active : active_) traffic.sessions += now(*active);
  traffic.restarts = restarts_.value();
  traffic.calls_in_flight = now(in_flight_);
  traffic.child_cpu_seconds = static_cast<double>(cpu_.value()) / 1e9;
  traffic.child_memory_bytes = now(memory_);
  traffic.child_fds = now(fds_);
  traffic.child_threads = now(threads_);
  traffic.child_processes = now(processes_);
  return traffic;
}

ServiceProbe::ServiceProbe(Families& families, std::string name, Options options)
    : impl_(std::make_unique<Impl>(families, std::move(name), options)) {}
ServiceProbe::~ServiceProbe() = default;

Traffic ServiceProbe::traffic() const { return impl_->traffic(); }

// ── calls ────────────────────────────────────────────────────────────────────

void ServiceProbe::call_ended(EndedCall const& call) {
  auto const& series = impl_->calls(call);
  auto const took = nanoseconds(call.took);
  series.requests->add();
  series.seconds->add(took);
  impl_->bytes_in_.add(call.bytes_in);
  impl_->bytes_out_.add(call.bytes_out);
  impl_->overhead_.add(nanoseconds(call.took - call.at_child - call.waited));
  if (call.waited > Duration{}) impl_->queue_.add(nanoseconds(call.waited));
  if (call.rpc_code) impl_->rpc_errors(*call.rpc_code).add();
  if (call.tool.empty()) return;
  auto& tool = impl_->tool(call.tool);
  impl_->tool_calls(tool, call.outcome).add();
  if (tool.seconds != nullptr) tool.seconds->add(took);
}

void ServiceProbe::calls_in_flight(std::size_t count) { impl_->in_flight_.set(static_cast<std::int64_t>(count)); }

void ServiceProbe::expect_refusals() {
  for (auto const reason : kRefusals) impl_->families_.rejected.at(impl_->with({{"reason", reason}}));
}

void ServiceProbe::call_rejected(std::string_view reason) {
  impl_->families_.rejected.at(impl_->with({{"reason", reason}})).add();
}

void ServiceProbe::circuit_begins(std::string_view tool) {
  impl_->families_.circuit_state.at(impl_->with_tool(tool, {})).set(0);
  for (auto const state : kCircuitStates) {
    impl_->families_.circuit_transitions.at(impl_->with_tool(tool, {{"to", state}}));
  }
}

void ServiceProbe::circuit_is(std::string_view tool, int value) {
  impl_->families_.circuit_state.at(impl_->with_tool(tool, {})).set(value);
}

void ServiceProbe::circuit_entered(std::string_view tool, std::string_view state, int value) {
  circuit_is(tool, value);
  impl_->families_.circuit_transitions.at(impl_->with_tool(tool, {{"to", state}})).add();
}

void ServiceProbe::error_answered(int rpc_code) { impl_->rpc_errors(rpc_code).add(); }

void ServiceProbe::notified(Way way, std::string_view method, std::size_t times) {
  impl_->notes(way, method).add(times);
}

void ServiceProbe::tools_cache_used(bool hit) { impl_->cache_requests(hit ? "hit" : "miss").add(); }

void ServiceProbe::late_answer_dropped() { impl_->late_answers_.add(); }

// ── sessions and streams ─────────────────────────────────────────────────────

void ServiceProbe::session_opened(std::string_view transport) {
  auto const& series = impl_->sessions(transport);
  series.opened->add();
  series.active->add(1);
}

void ServiceProbe::session_closed(std::string_view transport, std::string_view reason, Duration lasted) {
  auto const& series = impl_->sessions(transport);
  series.active->add(-1);
  series.seconds->add(nanoseconds(lasted));
  impl_->sessions_closed(transport, reason).add();
}

void ServiceProbe::stream_opened(StreamKind kind) { impl_->streams_[static_cast<std::size_t>(kind)]->add(1); }

void ServiceProbe::stream_closed(StreamKind kind, std::string_view reason) {
  impl_->streams_[static_cast<std::size_t>(kind)]->add(-1);
  impl_->stream_ends(reason).add();
}

// ── children ─────────────────────────────────────────────────────────────────

void ServiceProbe::child_answered(std::string_view method, Duration took) {
  impl_->at_child(method).add(nanoseconds(took));
}

void ServiceProbe::child_entered(std::string_view state) {
  impl_->families_.child_state.at(impl_->with({{"state", state}})).add(1);
  if (state == kReady) impl_->up_.add(1);
}

void ServiceProbe::child_left(std::string_view state) {
  impl_->families_.child_state.at(impl_->with({{"state", state}})).add(-1);
  if (state == kReady) impl_->up_.add(-1);
}

void ServiceProbe::child_started(Duration until_ready) { impl_->start_seconds_.add(nanoseconds(until_ready)); }

void ServiceProbe::child_restarted(std::string_view reason) {
  impl_->restarts_.add();
  impl_->families_.child_restarts.at(impl_->with({{"reason", reason}})).add();
}

void ServiceProbe::child_spawn_failed() { impl_->spawn_failures_.add(); }

void ServiceProbe::child_spoke_nonsense(std::string_view reason) {
  impl_->families_.child_protocol_errors.at(impl_->with({{"reason", reason}})).add();
}

void ServiceProbe::child_message_redacted() { impl_->redacted_.add(); }

void ServiceProbe::child_stderr(std::size_t lines, std::size_t suppressed) {
  impl_->stderr_lines_.add(lines);
  impl_->stderr_suppressed_.add(suppressed);
}

void ServiceProbe::child_stdin_queue(std::size_t bytes) { impl_->stdin_queue_.set(static_cast<std::int64_t>(bytes)); }

void ServiceProbe::child_heard(Duration ago) {
  auto const now = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
  // In whole milliseconds, because the clocks are not read at the same moment.
  impl_->last_seen_.set(std::chrono::duration_cast<Duration>(std::chrono::floor<milliseconds>(now - ago)).count());
}

void ServiceProbe::child_resources(ChildResources const& now) {
  impl_->memory_.set(static_cast<std::int64_t>(now.memory_bytes));
  impl_->fds_.set(static_cast<std::int64_t>(now.fds));
  impl_->threads_.set(static_cast<std::int64_t>(now.threads));
  impl_->processes_.set(static_cast<std::int64_t>(now.processes));
}

void ServiceProbe::child_cpu_used(Duration more) { impl_->cpu_.add(nanoseconds(more)); }

void ServiceProbe::child_memory_limit(std::size_t bytes) {
  impl_->families_.child_memory_limit.at(impl_->with({})).set(static_cast<std::int64_t>(bytes));
}

// ── tools and probes ─────────────────────────────────────────────────────────

void ServiceProbe::tools_listed(std::size_t count, bool changed) {
  impl_->tools_.set(static_cast<std::int64_t>(count));
  if (changed) impl_->tools_changed_.add();
}

void ServiceProbe::tool_offered(std::string_view tool) {
  // If there are too many, those that are called first get series of their own.
  if (impl_->tools_.value() > static_cast<std::int64_t>(kMaxTools)) return;
  auto& series = impl_->tool(tool);
  (void)impl_->tool_calls(series, kOk);
  (void)impl_->tool_calls(series, kToolError);
}

void ServiceProbe::tools_missing(std::size_t count) {
  impl_->families_.child_tools_missing.at(impl_->with({})).set(static_cast<std::int64_t>(count));
}

void ServiceProbe::tools_drifted(std::size_t count) {
  impl_->families_.child_tools_drifted.at(impl_->with({})).set(static_cast<std::int64_t>(count));
}

void ServiceProbe::probed(bool good) {
  impl_->families_.child_probes.at(impl_->with({{"result", good ? "passed" : "failed"}})).add();
}

void ServiceProbe::probe_standing(bool good) { impl_->families_.child_probe_up.at(impl_->with({})).set(good ? 1 : 0); }

}  // namespace gateway::metrics
