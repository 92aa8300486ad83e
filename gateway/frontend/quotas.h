// How much of their allowance clients have used, over all loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/config/quotas.h"

namespace gateway::frontend {

/// The quotas of the configuration. May be used from several threads.
class Quotas {
 public:
  /// Of different allowances that are told apart by names clients choose, there are at most so many; further ones share
  /// one.
  static constexpr std::size_t kMost = 65'536;

  struct Request {
    std::string_view principal;  ///< or another name for its client, where it has none
    std::string_view service;
    std::string_view tool;  ///< empty: it calls none
  };
  /// The places of a request among those in flight, until it ends.
  using Places = std::vector<Allowance::Share>;
  struct Exceeded {
    std::string_view reason;                ///< "rate_limited" or "in_flight_limit"
    std::optional<Duration> retry_after{};  ///< nothing where it depends on when others end
  };

  /// It outlives all places.
  explicit Quotas(std::vector<config::QuotaConfig> const& config) { replace(config); }
  Quotas(Quotas const&) = delete;
  Quotas& operator=(Quotas const&) = delete;

  [[nodiscard]] bool any() const { return any_.load(std::memory_order_relaxed); }
  /// Others hold from now on. What was used of those that stay as they are remains used.
  void replace(std::vector<config::QuotaConfig> const& config);
  /// Takes what the request needs, or nothing at all.
  [[nodiscard]] std::variant<Places, Exceeded> take(Request const& request, TimePoint now);
  /// Of allowances that are in use.
  [[nodiscard]] std::size_t size() const;

 private:
  /// One of the configuration, and the number by which what was used of it is found.
  struct Quota {
    config::QuotaConfig config;
    std::size_t number = 0;
  };

  /// A bucket of calls, and places.
  struct Used {
    explicit Used(std::size_t most) : in_flight(most) {}
    TimePoint full_at{};  ///< when nothing of the calls will be used any more
    Allowance in_flight;
  };
  [[nodiscard]] Used& used_of(Quota const& quota, Request const& request, TimePoint now);
  void forget_unused(TimePoint now);

  std::atomic<bool> any_{false};
  mutable std::mutex lock_;
  std::vector<Quota> quotas_;
  std::size_t last_number_ = 0;
  std::unordered_map<std::string, Used> used_;
  std::size_t look_again_at_ = 1024;  ///< how many there may be before those that are not in use are looked for
  TimePoint looked_{};                ///< when that was done last: not for each request of a client that makes names up
};

}  // namespace gateway::frontend
