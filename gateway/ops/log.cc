#include "gateway/ops/log.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iterator>

#include "gateway/base/json_text.h"
#include "gateway/base/result.h"

namespace gateway::ops {

namespace {

constexpr std::size_t kQueuedPieces = 8192;
/// A text field above this is cut: collectors refuse or drop very long lines.
constexpr std::size_t kMaxFieldBytes = 8 * 1024;

std::string_view level_text(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warn: return "warn";
    case LogLevel::Error: return "error";
  }
  return "info";
}

bool is_empty(LogField const& field) {
  auto const* const text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->empty();
}

void append_value(std::string& out, LogField const& field) {
  std::visit(Overload{
                 [&](std::string_view text) { append_json_string(out, text.substr(0, kMaxFieldBytes)); },
                 [&](bool flag) { out.append(flag ? "true" : "false"); },
                 [&](double number) {
                   if (!std::isfinite(number)) return (void)out.append("null");
                   fmt::format_to(std::back_inserter(out), "{:.3f}", number);
                 },
                 [&](auto number) { out.append(fmt::format_int(number).c_str()); },
             },
             field.value);
}

void append_json_line(std::string& out, LogLevel level, std::string_view timestamp, std::string_view event,
                      std::string_view message, LogFields fields) {
  out.append(R"({"ts":")").append(timestamp);
  out.append(R"(","level":")").append(level_text(level));
  out.append(R"(","event":")").append(event).append(R"(","msg":)");
  append_json_string(out, message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    out.append(",\"").append(field.key).append("\":");
    append_value(out, field);
  }
  out.push_back('}');
}

void append_text_line(std::string& out, LogLevel level, std::string_view timestamp, std::string_view event,
                      std::string_view message, LogFields fields) {
  fmt::format_to(std::back_inserter(out), "{} {:<5} {:<18} {}", timestamp, level_text(level), event, message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    out.append("  ").append(field.key).append("=");
    append_value(out, field);
  }
}

void append_line(std::string& out, LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                 std::string_view message, LogFields fields) {
  if (format == LogFormat::Json) return append_json_line(out, level, timestamp, event, message, fields);
  append_text_line(out, level, timestamp, event, message, fields);
}

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                            std::string_view message, LogFields fields) {
  std::string line;
  append_line(line, format, level, timestamp, event, message, fields);
  return line;
}

Log::Log(LogConfig config, Writer const& writer) : config_(config) {
  if (config_.format == LogFormat::Json) {
    constant_fields_.append(R"(,"service":"mcp-gateway","version":)").append(json_string(writer.version));
    constant_fields_.append(R"(,"instance_id":)").append(json_string(writer.instance_id));
  }
  spdlog::init_thread_pool(kQueuedPieces, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::async_logger>("gateway", std::move(sink), spdlog::thread_pool(),
                                                   spdlog::async_overflow_policy::overrun_oldest);
  // The lines are whole already.
  logger_->set_pattern("%v");
  logger_->set_level(spdlog::level::trace);
}

Log::~Log() {
  drain();
  logger_.reset();
  spdlog::shutdown();
}

std::string_view Log::timestamp() {
  auto const now = std::chrono::system_clock::now();
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  auto const second = static_cast<std::time_t>(us / 1'000'000);
  if (second != second_) {
    second_ = second;
    std::tm utc{};
    gmtime_r(&second, &utc);
    second_text_ = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                               utc.tm_hour, utc.tm_min, utc.tm_sec);
  }
  timestamp_.assign(second_text_);
  fmt::format_to(std::back_inserter(timestamp_), ".{:06}Z", us % 1'000'000);
  return timestamp_;
}

void Log::write(LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  if (!gathered_.empty()) gathered_.push_back('\n');
  append_line(gathered_, config_.format, level, timestamp(), event, message, fields);
  if (constant_fields_.empty()) return;
  gathered_.back() = constant_fields_.front();  // the closing brace moves behind them
  gathered_.append(constant_fields_, 1).push_back('}');
}

void Log::flush() {
  if (gathered_.empty()) return;
  logger_->info(spdlog::string_view_t(gathered_.data(), gathered_.size()));
  gathered_.clear();
}

void Log::drain() {
  flush();
  logger_->flush();
  // The flush is queued behind the lines; the pool's end, or a moment, sees it done.
  for (int i = 0; i < 200 && spdlog::thread_pool()->queue_size() > 0; ++i) usleep(1000);
}

std::size_t Log::dropped() const { return spdlog::thread_pool()->overrun_counter(); }

}  // namespace gateway::ops
