// How much clients may ask for, as a user sets it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gateway::config {

/// What has an allowance of its own.
enum class QuotaEach : std::uint8_t { Principal, Service, Tool };

/// A limit on requests of clients. Lists hold patterns; an empty one fits everything. A request that fits several quotas
/// needs room in each of them.
struct QuotaConfig {
  std::vector<std::string> principals{};
  std::vector<std::string> services{};
  std::vector<std::string> tools{};  ///< then it is about tools/call alone
  /// Each combination of these has an allowance of its own; none: all requests share one.
  std::vector<QuotaEach> each{QuotaEach::Principal};
  std::size_t calls = 0;                ///< that may begin within `per`; 0 (no limit)..1000000
  std::chrono::milliseconds per{1000};  ///< 10ms..24h
  std::size_t burst = 0;                ///< that may begin at once; 0: `calls`
  std::size_t in_flight = 0;            ///< that may be open; 0 (no limit)..100000

  bool operator==(QuotaConfig const&) const = default;
};

/// What holds for some tools of a service instead of what holds for the service.
struct ToolLimits {
  std::vector<std::string> tools{};               ///< patterns; the first entry with one that fits counts
  std::chrono::milliseconds call_timeout{0};      ///< 0: the service's
  std::chrono::milliseconds call_timeout_max{0};  ///< 0: the service's
  std::size_t max_argument_bytes = 0;             ///< 0: no limit besides that of requests
  std::size_t max_result_bytes = 0;               ///< 0: no limit besides that of lines

  bool operator==(ToolLimits const&) const = default;
};

}  // namespace gateway::config
