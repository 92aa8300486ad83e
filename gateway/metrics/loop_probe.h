// Events of one loop, counted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/side_table.h"
#include "gateway/config/config.h"
#include "gateway/metrics/memo.h"
#include "gateway/metrics/route.h"
#include "gateway/metrics/series.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::metrics {

struct Families;

/// Counts the events of a loop's HTTP servers and shard. Each loop has its own, so that loops do not contend on each
/// request. Belongs to the loop's thread, except for `read_clock`. Owned by Metrics.
class LoopProbe {
 public:
  LoopProbe(Families& families, std::size_t number);

  /// To be called by the thread that runs the loop.
  void runs_here();
  /// A service of this loop: its streams are counted from now on.
  void serves(ServiceKey service, ServiceProbe& probe) { services_.put(service, &probe); }
  /// A timer fired this much too late.
  void timer_was_late(Duration by) { lag_.add(static_cast<std::uint64_t>(by.count())); }
  /// Lines of the loop's log so far.
  void logged(config::LogLevel level, std::uint64_t total) { lines_[static_cast<std::size_t>(level)]->raise_to(total); }

  void connection_opened();
  void connection_closed() { active_.add(-1); }
  void connection_refused() { refused_.add(); }
  void connection_moved() { moved_.add(); }
  /// A TLS handshake was completed.
  void handshake_done(std::string_view version, std::string_view resumed);
  /// With `ok`, or how it failed.
  void handshake_ended(std::string_view result);
  void out_of_descriptors() { no_descriptors_.add(); }
  void request_refused(int status, std::string_view reason);
  void answered(Route route, int status);
  void slow_client_dropped() { slow_.add(); }
  void stream_opened(ServiceKey service, StreamKind kind);
  void stream_closed(ServiceKey service, StreamKind kind, std::string_view why);
  void bytes_waiting(std::int64_t more) { buffered_.add(more); }

  /// Brings the CPU time of the loop's thread up to date. From any thread.
  void read_clock();

 private:
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kStatuses = 600;
  static constexpr clockid_t kNoClock = CLOCK_REALTIME;

  Families& families_;
  Counter& accepted_;
  Counter& refused_;
  Counter& no_descriptors_;
  Counter& moved_;
  Gauge& active_;
  Counter& slow_;
  Gauge& buffered_;
  Histogram& lag_;
  Counter& busy_;  ///< written by whoever reads the clock
  std::array<Counter*, kLevels> lines_{};
  std::array<std::array<Counter*, kStatuses>, kRoutes> answers_{};  ///< made when first needed
  Memo<Counter*> refusals_;
  Memo<Counter*> handshakes_;
  Memo<Counter*> tls_connections_;
  SideTable<ServiceProbe*, ServiceKey> services_;
  std::atomic<clockid_t> clock_{kNoClock};
};

}  // namespace gateway::metrics
