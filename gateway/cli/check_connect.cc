#include "gateway/cli/check_connect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ostream>
#include <vector>

#include "gateway/backend/supervisor.h"
#include "gateway/base/counted.h"
#include "gateway/base/entropy.h"
#include "gateway/build_info.h"
#include "gateway/cli/tool_findings.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/signals.h"
#include "gateway/log/log.h"
#include "gateway/log/outputs.h"
#include "gateway/mcp/session_table.h"
#include "gateway/metrics/metrics.h"

extern char** environ;

namespace gateway::cli {

namespace {

/// What is logged, to stderr.
config::LogConfig const kErrors{.level = config::LogLevel::Error, .format = config::LogFormat::Text};

/// There are no clients here.
class Nobody final : public mcp::ClientPort {
 public:
  [[nodiscard]] std::optional<int> status_of(mcp::ReplyTo, mcp::Outcome) override { return std::nullopt; }
  void answer(mcp::ReplyTo, mcp::Outcome, rpc::Reply const&) override {}
  void drop(mcp::ReplyTo) override {}
  void during(mcp::ReplyTo, rpc::PiecesView) override {}
  void notify(SessionId, rpc::PiecesView) override {}
  [[nodiscard]] bool ask(SessionId, std::optional<mcp::ReplyTo>, rpc::PiecesView) override { return false; }
  void end(SessionId, mcp::SessionEnd) override {}
};

class Check final : public backend::Supervisor::Owner, private io::Signals::Handler {
 public:
  Check(config::Config config, sandbox::Support const& support, std::unique_ptr<io::ChildGuard> guard,
        RightsOf const* rights, std::ostream& out, std::vector<ListedTools>& listed)
      : config_(started_once(std::move(config))),
        guard_(std::move(guard)),
        sampler_(guard_->entry_front()),
        log_sink_(kErrors),
        log_(kErrors, {}, log_sink_),
        metrics_({}),
        redaction_(log::secrets_of(config_, environ)),
        tracer_(config_.gateway.traces, nullptr, metrics_, entropy_),
        sessions_(entropy_),
        supervisor_({.loop = loop_,
                     .spawner = spawner_,
                     .sampler = sampler_,
                     .entropy = entropy_,
                     .log = log_,
                     .tracer = tracer_,
                     .redaction = &redaction_,
                     .environment = environ,
                     .version = std::string(kVersion),
                     .limits = config_.gateway.limits,
                     .sessions = sessions_,
                     .clients = nobody_,
                     .seal = seal_,
                     .sandbox = support},
                    *this),
        signals_(loop_, *this),
        rights_(rights),
        out_(out),
        listed_(listed),
        reported_(config_.services.size(), false),
        times_(config_.services.size()) {
    std::uint32_t key = 0;
    for (auto const& service : config_.services) {
      supervisor_.add(ServiceKey{++key}, service, metrics_.service(service.name));
    }
  }

  bool run() {
    auto const began = loop_.now();
    supervisor_.start();
    std::size_t left = config_.services.size();
    while (left > 0 && !interrupted_) {
      for (std::size_t i = 0; i < reported_.size(); ++i) {
        if (!reported_[i]) look_at_times(*supervisor_.services()[i], times_[i], began);
        if (!reported_[i] && report(*supervisor_.services()[i], config_.services[i], loop_.now() - began, times_[i])) {
          reported_[i] = true;
          --left;
        }
      }
      supervisor_.tick();  // probes are sent by it
      if (left > 0) loop_.turn(milliseconds(20));
    }
    supervisor_.stop();
    while (!stopped_) loop_.turn(milliseconds(50));
    return all_well_ && !interrupted_;
  }

 private:
  /// One child each, whatever the isolation, and one try.
  static config::Config started_once(config::Config config) {
    std::erase_if(config.services, [](auto const& service) { return service.disabled; });
    for (auto& service : config.services) {
      service.isolation = config::Isolation::Shared;
      service.replicas = 1;
      service.restart.max_restarts = 0;
    }
    return config;
  }

  void look_at_times(backend::Service const& service, ServerTimes& times, TimePoint began) const {
    auto const health = service.health();
    if (health.state == "unavailable") return;
    auto const& peer = only_child(service).peer();
    auto const now = loop_.now() - began;
    auto const note = [](Duration& when, bool is_so, Duration then) {
      if (when == Duration{} && is_so) when = then;
    };
    note(times.started, peer.started() != TimePoint{}, peer.started() - began);
    note(times.first_word, peer.last_heard() > peer.started(), now);
    note(times.ready, health.state == "ready", now);
    note(times.listed, health.tools_known, now);
  }

  bool report(backend::Service const& service, config::ServiceConfig const& config, Duration took,
              ServerTimes const& times) {
    auto const health = service.health();
    if (health.state == "unavailable") {
      all_well_ = all_well_ && !health.required;
      out_ << fmt::format("{}  {:<16} {}", health.required ? "FAIL" : "none", health.name, health.reason) << std::endl;
      return true;
    }
    auto const& child = only_child(service);
    auto const judged = !health.probe || health.probe->status != "unknown";
    if (health.state == "ready" && (health.tools_known || !child.offers_tools()) && judged) {
      auto const well = health.status == health::HealthStatus::Healthy;
      all_well_ = all_well_ && well;
      auto const noise = child.peer().noise_lines();
      listed_.push_back({.service = health.name,
                         .raw_tools = child.tools() == nullptr ? "[]" : child.tools()->as_array(),
                         .has_tools = child.tools() != nullptr,
                         .times = times,
                         .noise_lines = noise});
      out_ << fmt::format("{}  {:<16} ready in {:.0f} ms, protocol {}, {}", well ? "ok  " : "FAIL", health.name,
                          to_ms(took), health.protocol, counted(health.tools, "tool"));
      if (noise > 0)
        out_ << fmt::format(", {} on stdout {}", counted(noise, "line"),
                            noise == 1 ? "was no message" : "were no messages");
      if (health.probe) out_ << fmt::format(", probe {} in {:.0f} ms", health.probe->status, health.probe->ms);
      if (!well) out_ << "\n      " << health.reason;
      out_ << std::endl;
      if (rights_ != nullptr && child.tools() != nullptr) rights_->write_tools(out_, config, *child.tools());
      return true;
    }
    if (health.state != "crash_loop") return false;
    all_well_ = false;
    // There is one try here, so when the next one would come is left out.
    auto const why = health.reason.substr(0, health.reason.rfind("; it ended too often"));
    out_ << fmt::format("FAIL  {:<16} {}", health.name, why) << std::endl;
    auto const tail = child.peer().recent_stderr();
    if (!tail.empty()) out_ << "      the end of its stderr:\n" << indented(tail) << std::flush;
    return true;
  }

  static backend::Multiplexer const& only_child(backend::Service const& service) {
    backend::Multiplexer const* only = nullptr;
    service.children().for_each([&](backend::Multiplexer const& child) { only = &child; });
    return *only;
  }

  static std::string indented(std::string const& text) {
    std::string out = "        ";
    for (std::size_t i = 0; i < text.size(); ++i) {
      out.push_back(text[i]);
      if (text[i] == '\n' && i + 1 < text.size()) out.append("        ");
    }
    return out;
  }

  void on_all_stopped() override { stopped_ = true; }
  void on_service_gone(ServiceKey) override {}
  void on_terminate() override { interrupted_ = true; }
  void on_reload() override {}
  void on_reopen() override {}
  void on_upgrade() override {}

  config::Config config_;
  std::unique_ptr<io::ChildGuard> guard_;
  io::ProcessSampler sampler_;  ///< not started: nobody asks what children take
  SystemEntropy entropy_;
  mcp::StateSeal seal_{entropy_};
  log::LogOutputs log_sink_;
  log::Log log_;
  metrics::Metrics metrics_;
  log::Redaction redaction_;
  trace::Tracer tracer_;
  mcp::SessionTable sessions_;
  Nobody nobody_;
  io::EventLoop loop_;  ///< below all that children tell of their end: it destroys the last of them
  io::ChildSpawner spawner_{loop_, *guard_};
  backend::Supervisor supervisor_;
  io::Signals signals_;
  RightsOf const* rights_;
  std::ostream& out_;
  std::vector<ListedTools>& listed_;
  std::vector<bool> reported_;
  std::vector<ServerTimes> times_;
  bool all_well_ = true;
  bool stopped_ = false;
  bool interrupted_ = false;
};

}  // namespace

bool check_connect(config::Config const& config, sandbox::Support const& support, std::unique_ptr<io::ChildGuard> guard,
                   RightsOf const* rights, std::ostream& out, std::vector<ListedTools>* listed) {
  std::vector<ListedTools> found;
  auto const well = Check(config, support, std::move(guard), rights, out, found).run();
  if (listed != nullptr) {
    *listed = std::move(found);
    return well;
  }
  mcp::ToolLock tools;
  for (auto const& each : found)
    if (each.has_tools) mcp::add_pins(tools[each.service], each.raw_tools);
  for (auto const& finding : tool_findings(tools)) out << "warning: " << finding << '\n';
  return well;
}

}  // namespace gateway::cli
