// What is counted of one loop, as verbs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/http/server.h"
#include "gateway/ops/config.h"
#include "gateway/ops/http_tags.h"
#include "gateway/ops/memo.h"
#include "gateway/ops/series.h"

namespace gateway::ops {

struct Families;

/// What its HTTP servers and its shard say, each loop on its own, so that loops do
/// not wait for each other once a request. Belongs to the loop's thread, but for
/// `read_clock`. Owned by Metrics.
class LoopProbe final : public http::ServerProbe {
 public:
  LoopProbe(Families& families, std::size_t number);

  /// The calling thread runs the loop from now on.
  void runs_here();
  /// Whose streams the tags mean, by the services' indices; null for those of other loops.
  void serves(std::vector<ServiceProbe*> services) { services_ = std::move(services); }
  /// A timer came so much later than it was set for.
  void timer_was_late(Duration by) { lag_.add(static_cast<std::uint64_t>(by.count())); }
  /// Lines of the loop's log so far.
  void logged(LogLevel level, std::uint64_t total) { lines_[static_cast<std::size_t>(level)]->raise_to(total); }

  // http::ServerProbe
  void connection_opened() override;
  void connection_closed() override { active_.add(-1); }
  void connection_refused() override { refused_.add(); }
  void connection_moved() override { moved_.add(); }
  void out_of_descriptors() override { no_descriptors_.add(); }
  void request_refused(int status, std::string_view reason) override;
  void answered(http::RouteTag route, int status) override;
  void slow_client_dropped() override { slow_.add(); }
  void stream_opened(http::StreamTag stream) override;
  void stream_closed(http::StreamTag stream, http::StreamEnd why) override;
  void bytes_waiting(std::int64_t more) override { buffered_.add(more); }

  /// Brings the CPU time of the loop's thread up to date. From any thread.
  void read_clock();

 private:
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kStatuses = 600;
  static constexpr clockid_t kNoClock = CLOCK_REALTIME;

  [[nodiscard]] ServiceProbe* service_of(http::StreamTag stream) const;

  Families& families_;
  Counter& accepted_;
  Counter& refused_;
  Counter& no_descriptors_;
  Counter& moved_;
  Gauge& active_;
  Counter& slow_;
  Gauge& buffered_;
  Histogram& lag_;
  Counter& busy_;  ///< written by who reads the clock
  std::array<Counter*, kLevels> lines_{};
  std::array<std::array<Counter*, kStatuses>, kRoutes> answers_{};  ///< made when first needed
  Memo<Counter*> refusals_;
  std::vector<ServiceProbe*> services_;
  std::atomic<clockid_t> clock_{kNoClock};
};

}  // namespace gateway::ops
