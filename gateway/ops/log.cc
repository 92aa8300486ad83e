#include "gateway/ops/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "gateway/base/json_text.h"
#include "gateway/base/result.h"
#include "gateway/ops/line_writer.h"

namespace gateway::ops {

namespace {

/// Records are handed over from this size on, or when the first is this old.
/// Each hand-over wakes the other thread, which costs more than the lines.
constexpr std::size_t kHandOver = 64 * 1024;
constexpr Duration kOldest = milliseconds(100);

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

/// The service a line is about; empty when it is about none.
std::string_view server_of(LogFields fields) {
  for (auto const& field : fields) {
    auto const* const text = std::get_if<std::string_view>(&field.value);
    if (text != nullptr && field.key == "server") return *text;
  }
  return {};
}

/// What a line can take at most, beside what its format adds.
std::size_t room_for(std::string_view timestamp, std::string_view event, std::string_view message, LogFields fields) {
  constexpr std::size_t kFrame = 128;
  auto room = kFrame + timestamp.size() + event.size() + json_string_room(message.size());
  for (auto const& field : fields) {
    auto const* const text = std::get_if<std::string_view>(&field.value);
    room += field.key.size() + (text == nullptr ? LineWriter::kNumberRoom : LineWriter::string_room(*text)) +
            std::string_view(",\"\":").size();
  }
  return room;
}

void write_value(LineWriter& to, LogField const& field) {
  std::visit(Overload{
                 [&](std::string_view text) { to.string(text); },
                 [&](bool flag) { to.raw(flag ? "true" : "false"); },
                 [&](auto number) { to.number(number); },
             },
             field.value);
}

void write_json_line(LineWriter& to, LogLevel level, std::string_view timestamp, std::string_view event,
                     std::string_view message, LogFields fields) {
  to.raw(R"({"ts":")").raw(timestamp).raw(R"(","level":")").raw(level_text(level));
  to.raw(R"(","event":")").raw(event).raw(R"(","msg":)").string(message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    to.raw(",\"").raw(field.key).raw("\":");
    write_value(to, field);
  }
}

void write_text_line(LineWriter& to, LogLevel level, std::string_view timestamp, std::string_view event,
                     std::string_view message, LogFields fields) {
  auto const padded = [&](std::string_view text, std::size_t width) {
    to.raw(text);
    for (auto size = text.size(); size < width; ++size) to.raw(' ');
    to.raw(' ');
  };
  to.raw(timestamp).raw(' ');
  padded(level_text(level), 5);
  padded(event, 18);
  to.raw(message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    to.raw("  ").raw(field.key).raw('=');
    write_value(to, field);
  }
}

/// Appends a line without its line end.
void append_line(ByteQueue& out, LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                 std::string_view message, LogFields fields, std::string_view constant_fields) {
  auto* const start = out.extend(room_for(timestamp, event, message, fields) + constant_fields.size());
  LineWriter to(start);
  if (format == LogFormat::Json) {
    write_json_line(to, level, timestamp, event, message, fields);
    to.raw(constant_fields).raw('}');
  } else {
    write_text_line(to, level, timestamp, event, message, fields);
  }
  out.commit(static_cast<std::size_t>(to.end() - start));
}

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                            std::string_view message, LogFields fields) {
  ByteQueue line;
  append_line(line, format, level, timestamp, event, message, fields, {});
  return std::string(line.view());
}

Log::Log(LogConfig config, Writer const& writer, LogSink& sink)
    : config_(config), sink_(sink), gathered_(LogSink::new_piece()) {
  if (config_.format == LogFormat::Json) {
    constant_fields_.append(R"(,"service":"mcp-gateway","version":)").append(json_string(writer.version));
    constant_fields_.append(R"(,"instance_id":)").append(json_string(writer.instance_id));
  }
}

Log::~Log() { flush(); }

std::string_view Log::timestamp() {
  constexpr std::size_t kFraction = sizeof("2025-01-01T00:00:00.") - 1;
  auto const now = std::chrono::system_clock::now();
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  auto const second = static_cast<std::time_t>(us / 1'000'000);
  if (second != second_) {
    second_ = second;
    std::tm utc{};
    gmtime_r(&second, &utc);
    timestamp_ = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z", utc.tm_year + 1900, utc.tm_mon + 1,
                             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  }
  auto rest = static_cast<unsigned>(us % 1'000'000);
  for (auto i = kFraction + 6; i-- > kFraction; rest /= 10) timestamp_[i] = static_cast<char>('0' + rest % 10);
  return timestamp_;
}

void Log::write(LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  auto const before = gathered_.size();
  gather(level, event, message, fields);
  urgent_ = true;
  auto const line = gathered_.view().substr(before);
  sink_.tail().keep(server_of(fields), line.substr(0, line.size() - 1));
}

void Log::gather(LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  append_line(gathered_, config_.format, level, timestamp(), event, message, fields, constant_fields_);
  end_line(level);
}

void Log::end_turn(TimePoint now) {
  if (gathered_.empty()) return;
  if (!gathered_since_) gathered_since_ = now;
  if (urgent_ || gathered_.size() >= kHandOver || now - *gathered_since_ >= kOldest) flush();
}

void Log::flush() {
  if (gathered_.empty()) return;
  sink_.write(gathered_, gathered_lines_);
  gathered_lines_ = 0;
  gathered_since_.reset();
  urgent_ = false;
}

}  // namespace gateway::ops
