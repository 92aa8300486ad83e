#include "gateway/cli/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/base/counted.h"
#include "gateway/config/json.h"

namespace gateway::cli {

namespace {

using config::Json;

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  // What a terminal takes for control characters beyond ASCII begins with this byte.
  for (auto at = text.find('\xC2'); at != std::string::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) text[at] = text[at + 1] = ' ';
  }
  return text;
}

std::string text_of(Json const& json, char const* key) {
  auto const found = json.find(key);
  return found != json.end() && found->is_string() ? printable(found->get<std::string>()) : std::string{};
}

template <typename T>
T number_of(Json const& json, char const* key) {
  auto const found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<T>() : T{};
}

template <typename T>
std::optional<T> optional_of(Json const& json, char const* key) {
  if (!json.contains(key)) return std::nullopt;
  return number_of<T>(json, key);
}

ServiceRow row_of(std::string const& name, Json const& service) {
  auto const traffic = service.value("traffic", Json::object());
  ServiceRow row;
  row.name = printable(name);
  row.status = text_of(service, "status");
  row.state = text_of(service, "state");
  row.reason = text_of(service, "reason");
  row.calls_per_minute = number_of<double>(traffic, "calls_per_minute");
  row.errors_per_minute = number_of<double>(traffic, "errors_per_minute");
  row.p50_ms = optional_of<double>(traffic, "p50_ms");
  row.p95_ms = optional_of<double>(traffic, "p95_ms");
  row.sessions = number_of<std::uint64_t>(service, "sessions");
  row.in_flight = number_of<std::uint64_t>(service, "calls_in_flight");
  row.tools = optional_of<std::uint64_t>(service, "tools");
  row.restarts = number_of<std::uint64_t>(service, "restarts");
  row.memory_bytes = number_of<std::uint64_t>(traffic, "memory_bytes");
  row.cpu_cores = number_of<double>(traffic, "cpu_cores");
  return row;
}

std::string amount(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.1f}k", value / 1e3);
  return value >= 100 || value == static_cast<double>(static_cast<std::int64_t>(value)) ? fmt::format("{:.0f}", value)
                                                                                        : fmt::format("{:.1f}", value);
}

std::string latency(std::optional<double> ms) {
  if (!ms) return "-";
  if (*ms < 10) return fmt::format("{:.1f}ms", *ms);
  return *ms < 1000 ? fmt::format("{:.0f}ms", *ms) : fmt::format("{:.1f}s", *ms / 1000);
}

std::string bytes(std::uint64_t count) {
  constexpr double kMiB = 1024.0 * 1024;
  auto const value = static_cast<double>(count);
  if (count == 0) return "-";
  return value < 1024 * kMiB ? fmt::format("{:.0f}M", value / kMiB) : fmt::format("{:.1f}G", value / (1024 * kMiB));
}

constexpr std::size_t kColumns = 12;
using Cells = std::array<std::string, kColumns>;
constexpr std::size_t kStateColumn = 1;
constexpr std::size_t kTextColumns = 2;  ///< are on the left; what follows are figures

Cells cells_of(ServiceRow const& row) {
  return {row.name,
          row.status == "DRAINING" ? "drained" : row.state,
          amount(row.calls_per_minute),
          amount(row.errors_per_minute),
          latency(row.p50_ms),
          latency(row.p95_ms),
          std::to_string(row.sessions),
          std::to_string(row.in_flight),
          row.tools ? std::to_string(*row.tools) : "-",
          std::to_string(row.restarts),
          bytes(row.memory_bytes),
          fmt::format("{:.0f}%", row.cpu_cores * 100)};
}

std::string_view colour_of(std::string_view status) {
  if (status == "HEALTHY") return "\x1b[32m";
  return status == "UNHEALTHY" ? "\x1b[31m" : "\x1b[33m";
}

std::string painted(std::string const& text, std::string_view with, Colour colour) {
  return colour == Colour::Yes ? fmt::format("{}{}\x1b[0m", with, text) : text;
}

std::string head_line(StatusReport const& report, Colour colour) {
  return fmt::format("{}  {}  version {}  up {}\n", report.instance,
                     painted(report.status, colour_of(report.status), colour), report.version,
                     duration_text(report.uptime_seconds));
}

std::string sums_line(StatusReport const& report) {
  double calls = 0;
  double errors = 0;
  std::uint64_t sessions = 0;
  for (auto const& row : report.services) {
    calls += row.calls_per_minute;
    errors += row.errors_per_minute;
    sessions += row.sessions;
  }
  auto const a_minute = [](double value, std::string_view thing) {
    return fmt::format("{} {}{}", amount(value), thing, value == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, {} and {} a minute\n\n", counted(report.services.size(), "service"),
                     counted(sessions, "session"), a_minute(calls, "call"), a_minute(errors, "error"));
}

}  // namespace

Result<StatusReport> read_status(std::string const& text) {
  auto const json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("servers") || !json["servers"].is_object()) {
    return Error{"what was answered is not the status of a gateway"};
  }
  StatusReport report;
  report.status = text_of(json, "status");
  report.reason = text_of(json, "reason");
  report.instance = text_of(json, "instance_id");
  report.version = text_of(json, "version");
  report.uptime_seconds = number_of<double>(json, "uptime_seconds");
  // In the order they stand in, which is the configuration's.
  auto const ordered = nlohmann::ordered_json::parse(text, nullptr, false);
  for (auto const& [name, unused] : ordered["servers"].items())
    report.services.push_back(row_of(name, json["servers"][name]));
  return report;
}

std::optional<SortBy> sort_for_key(char key) {
  switch (key) {
    case 'o': return SortBy::Config;
    case 'n': return SortBy::Name;
    case 'c': return SortBy::Calls;
    case 'e': return SortBy::Errors;
    case 'l': return SortBy::Latency;
    case 's': return SortBy::Sessions;
    case 'r': return SortBy::Restarts;
    case 'm': return SortBy::Memory;
    case 'u': return SortBy::Cpu;
    default: return std::nullopt;
  }
}

void sort(std::vector<ServiceRow>& rows, SortBy by) {
  auto const largest_first = [&](auto figure) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](ServiceRow const& a, ServiceRow const& b) { return figure(a) > figure(b); });
  };
  switch (by) {
    case SortBy::Config: return;
    case SortBy::Name:
      std::stable_sort(rows.begin(), rows.end(),
                       [](ServiceRow const& a, ServiceRow const& b) { return a.name < b.name; });
      return;
    case SortBy::Calls: return largest_first([](ServiceRow const& row) { return row.calls_per_minute; });
    case SortBy::Errors: return largest_first([](ServiceRow const& row) { return row.errors_per_minute; });
    case SortBy::Latency: return largest_first([](ServiceRow const& row) { return row.p95_ms.value_or(-1); });
    case SortBy::Sessions: return largest_first([](ServiceRow const& row) { return row.sessions; });
    case SortBy::Restarts: return largest_first([](ServiceRow const& row) { return row.restarts; });
    case SortBy::Memory: return largest_first([](ServiceRow const& row) { return row.memory_bytes; });
    case SortBy::Cpu: return largest_first([](ServiceRow const& row) { return row.cpu_cores; });
  }
}

std::string status_table(StatusReport const& report, Colour colour) {
  std::vector<Cells> lines{{"SERVICE", "STATE", "CALLS/MIN", "ERR/MIN", "P50", "P95", "SESSIONS", "OPEN", "TOOLS",
                            "RESTARTS", "MEMORY", "CPU"}};
  for (auto const& row : report.services) lines.push_back(cells_of(row));
  std::array<std::size_t, kColumns> widths{};
  for (auto const& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], line[i].size());
  }

  auto out = head_line(report, colour) + sums_line(report);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      auto cell = i < kTextColumns ? fmt::format("{:<{}}", lines[at][i], widths[i])
                                   : fmt::format("{:>{}}", lines[at][i], widths[i]);
      if (at == 0) cell = painted(cell, "\x1b[1m", colour);
      if (at > 0 && i == kStateColumn) cell = painted(cell, colour_of(report.services[at - 1].status), colour);
      line += (i == 0 ? "" : "  ") + cell;
    }
    out += line + "\n";
  }
  std::string reasons;
  for (auto const& row : report.services) {
    if (!row.reason.empty()) reasons += fmt::format("{}: {}\n", row.name, row.reason);
  }
  return reasons.empty() ? out : out + "\n" + reasons;
}

std::string duration_text(double seconds) {
  auto const whole = static_cast<std::int64_t>(seconds);
  if (whole >= 86400) return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

}  // namespace gateway::cli
