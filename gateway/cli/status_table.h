// A gateway's status as a table for a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::cli {

/// What /api/status says of one service.
struct ServiceRow {
  std::string name;
  std::string status;
  std::string state;
  std::string reason;
  double calls_per_minute = 0;
  double errors_per_minute = 0;
  std::optional<double> p50_ms;
  std::optional<double> p95_ms;
  std::uint64_t sessions = 0;
  std::uint64_t in_flight = 0;
  std::optional<std::uint64_t> tools;
  std::uint64_t restarts = 0;
  std::uint64_t memory_bytes = 0;
  double cpu_cores = 0;
};

struct StatusReport {
  std::string status{};
  std::string reason{};
  std::string instance{};
  std::string version{};
  double uptime_seconds = 0;
  std::vector<ServiceRow> services{};

  /// As the exit code has it: requests are served.
  [[nodiscard]] bool is_well() const { return status == "HEALTHY" || status == "DEGRADED"; }
};

/// Reads the JSON of /api/status. Texts come without control characters: some are a
/// child's, and are shown on a terminal.
Result<StatusReport> read_status(std::string const& json);

/// What rows are in the order of; the largest first, but for names.
enum class SortBy { Config, Name, Calls, Errors, Latency, Sessions, Restarts, Memory, Cpu };
/// By the key that asks for it in `top`; nothing for other keys.
[[nodiscard]] std::optional<SortBy> sort_for_key(char key);
void sort(std::vector<ServiceRow>& rows, SortBy by);

enum class Colour { No, Yes };

/// Lines with their ends: the whole, a row for each service, and why some are not well.
[[nodiscard]] std::string status_table(StatusReport const& report, Colour colour);

/// "3 d 4 h", "12 s".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace gateway::cli
