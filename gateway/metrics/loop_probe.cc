#include "gateway/metrics/loop_probe.h"

#include <pthread.h>

#include <string>

#include "gateway/metrics/families.h"

namespace gateway::metrics {

namespace {

/// In the order of the enum.
constexpr std::array<std::string_view, kRoutes> kRouteNames{"other", "sse", "messages", "mcp", "health", "admin"};

}  // namespace

LoopProbe::LoopProbe(Families& families, std::size_t number)
    : families_(families),
      accepted_(families.connections.part({{"result", "accepted"}})),
      refused_(families.connections.part({{"result", "rejected_limit"}})),
      no_descriptors_(families.connections.part({{"result", "emfile"}})),
      moved_(families.connections_moved.part({})),
      active_(families.connections_active.part({})),
      slow_(families.slow_clients.part({})),
      buffered_(families.stream_buffer.part({})),
      lag_(families.loop_lag.at({{"loop", std::to_string(number)}})),
      busy_(families.loop_busy.at({{"loop", std::to_string(number)}})) {
  for (std::size_t level = 0; level < kLevels; ++level) {
    lines_[level] = &families.log_lines.part({{"level", to_text(static_cast<config::LogLevel>(level))}});
  }
  for (auto const route : kRouteNames) families.http_requests.at({{"route", route}, {"code", "200"}});
}

void LoopProbe::runs_here() {
  clockid_t clock{};
  if (pthread_getcpuclockid(pthread_self(), &clock) == 0) clock_ = clock;
}

void LoopProbe::read_clock() {
  timespec used{};
  auto const clock = clock_.load();
  if (clock == kNoClock || clock_gettime(clock, &used) != 0) return;
  busy_.raise_to(static_cast<std::uint64_t>((seconds(used.tv_sec) + Duration(used.tv_nsec)).count()));
}

void LoopProbe::connection_opened() {
  accepted_.add();
  active_.add(1);
}

void LoopProbe::handshake_done(std::string_view version, std::string_view resumed) {
  handshake_ended("ok");
  auto const make = [&] { return &families_.tls_connections.part({{"version", version}, {"resumed", resumed}}); };
  tls_connections_.get({version, resumed}, make)->add();
}

void LoopProbe::handshake_ended(std::string_view result) {
  handshakes_.get({result}, [&] { return &families_.tls_handshakes.part({{"result", result}}); })->add();
}

void LoopProbe::request_refused(int, std::string_view reason) {
  refusals_.get({reason}, [&] { return &families_.parse_errors.part({{"reason", reason}}); })->add();
}

void LoopProbe::answered(Route route, int status) {
  auto const at = static_cast<std::size_t>(route);
  auto*& count = answers_[at][static_cast<std::size_t>(status) % kStatuses];
  if (count == nullptr) {
    auto const code = std::to_string(status);
    count = &families_.http_requests.part({{"route", kRouteNames[at]}, {"code", code}});
  }
  count->add();
}

void LoopProbe::stream_opened(ServiceKey service, StreamKind kind) {
  if (auto* const* const probe = services_.find(service)) (*probe)->stream_opened(kind);
}

void LoopProbe::stream_closed(ServiceKey service, StreamKind kind, std::string_view why) {
  if (auto* const* const probe = services_.find(service)) (*probe)->stream_closed(kind, why);
}

}  // namespace gateway::metrics
