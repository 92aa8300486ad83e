// One question about the health of all services, put to every loop.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/frontend/homes.h"
#include "gateway/ops/config.h"
#include "gateway/ops/health.h"

namespace gateway {

/// Gathers what the loops say. What a loop did not say in time is told as such: a
/// service whose loop is silent cannot be called, whatever it was a moment ago.
class HealthRound {
 public:
  /// How long a loop may be silent.
  static constexpr Duration kPatience = seconds(2);

  HealthRound(std::size_t loops, TimePoint asked, ops::HealthSource::Tell tell)
      : said_(loops), asked_(asked), tell_(std::move(tell)) {}

  void hear(std::size_t loop, std::vector<ops::ServiceHealth> services) { said_[loop] = std::move(services); }
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] bool is_late(TimePoint now) const { return now - asked_ >= kPatience; }

  /// Answers who asked: `health` with all `services`, in their order.
  void tell(ops::GatewayHealth health, std::vector<ops::ServiceConfig> const& services, frontend::Homes const& homes,
            bool draining) const;

 private:
  std::vector<std::optional<std::vector<ops::ServiceHealth>>> said_;
  TimePoint asked_;
  ops::HealthSource::Tell tell_;
};

}  // namespace gateway
