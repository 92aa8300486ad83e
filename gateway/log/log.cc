#include "gateway/log/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>
#include <vector>

#include "gateway/base/json_text.h"
#include "gateway/base/result.h"
#include "gateway/log/line_writer.h"

namespace gateway::log {

namespace {

/// Records are handed over from this size on, or when the first is this old.
/// Each hand-over wakes the other thread, which costs more than the lines.
constexpr std::size_t kHandOver = 64 * 1024;
constexpr Duration kOldest = milliseconds(100);
/// Collectors drop or break longer lines.
constexpr std::size_t kMaxLine = 16 * 1024;

using Fields = std::span<LogField const>;

struct Style {
  config::LogFormat format = config::LogFormat::Json;
  Colour colour = Colour::No;
};

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
std::size_t room_for(std::string_view timestamp, std::string_view event, std::string_view message, Fields fields) {
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

void write_json_line(LineWriter& to, config::LogLevel level, std::string_view timestamp, std::string_view event,
                     std::string_view message, Fields fields) {
  to.raw(R"({"ts":")").raw(timestamp).raw(R"(","level":")").raw(to_text(level));
  to.raw(R"(","event":")").raw(event).raw(R"(","msg":)").string(message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    to.raw(",\"").raw(field.key).raw("\":");
    write_value(to, field);
  }
}

/// What a terminal shows a level in.
std::string_view colour_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::Debug: return "\x1b[2m";
    case config::LogLevel::Info: return "\x1b[32m";
    case config::LogLevel::Warn: return "\x1b[33m";
    case config::LogLevel::Error: return "\x1b[1;31m";
  }
  return "";
}
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

void write_text_line(LineWriter& to, Colour colour, config::LogLevel level, std::string_view timestamp,
                     std::string_view event, std::string_view message, Fields fields) {
  auto const in = [&](std::string_view code) {
    if (colour == Colour::Yes) to.raw(code);
  };
  auto const padded = [&](std::string_view text, std::size_t width) {
    to.raw(text);
    for (auto size = text.size(); size < width; ++size) to.raw(' ');
    to.raw(' ');
  };
  in(kDim);
  to.raw(timestamp).raw(' ');
  in(kPlain);
  in(colour_of(level));
  padded(to_text(level), 5);
  in(kPlain);
  padded(event, 18);
  to.raw(message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    in(kDim);
    to.raw("  ").raw(field.key).raw('=');
    in(kPlain);
    write_value(to, field);
  }
}

/// Appends a line without its line end.
void append_line(ByteQueue& out, Style style, config::LogLevel level, std::string_view timestamp,
                 std::string_view event, std::string_view message, Fields fields, std::string_view constant_fields) {
  auto* const start = out.extend(room_for(timestamp, event, message, fields) + constant_fields.size());
  LineWriter to(start);
  if (style.format != config::LogFormat::Text) {
    write_json_line(to, level, timestamp, event, message, fields);
    to.raw(constant_fields).raw('}');
  } else {
    write_text_line(to, style.colour, level, timestamp, event, message, fields);
  }
  out.commit(static_cast<std::size_t>(to.end() - start));
}

/// As much of each text as makes the line short enough, and a word that it is not whole.
void append_cut_line(ByteQueue& out, Style style, config::LogLevel level, std::string_view timestamp,
                     std::string_view event, std::string_view message, Fields fields,
                     std::string_view constant_fields) {
  constexpr std::size_t kShortest = 16;
  for (auto limit = LineWriter::kMaxTextBytes;; limit /= 2) {
    std::vector<LogField> shown(fields.begin(), fields.end());
    auto is_cut = false;
    for (auto& field : shown) {
      auto* const text = std::get_if<std::string_view>(&field.value);
      if (text == nullptr || text->size() <= limit) continue;
      *text = text->substr(0, limit);
      is_cut = true;
    }
    if (is_cut) shown.emplace_back("truncated", true);
    ByteQueue line;
    append_line(line, style, level, timestamp, event, message, shown, constant_fields);
    if (line.size() <= kMaxLine || limit <= kShortest) return out.append(line.view());
  }
}

void append_any_line(ByteQueue& out, Style style, config::LogLevel level, std::string_view timestamp,
                     std::string_view event, std::string_view message, Fields fields,
                     std::string_view constant_fields) {
  auto const fits = room_for(timestamp, event, message, fields) + constant_fields.size() <= kMaxLine;
  (fits ? append_line : append_cut_line)(out, style, level, timestamp, event, message, fields, constant_fields);
}

/// What belongs to the audit, or was a child's, is kept apart by who collects logs.
std::string_view log_type(std::string_view event) {
  if (event.starts_with("audit.")) return "audit";
  return event == "child.stderr" ? "child" : "app";
}

}  // namespace

std::string format_log_line(config::LogFormat format, config::LogLevel level, std::string_view timestamp,
                            std::string_view event, std::string_view message, LogFields fields, Colour colour) {
  ByteQueue line;
  append_any_line(line, {format, colour}, level, timestamp, event, message, {fields.begin(), fields.size()}, {});
  return std::string(line.view());
}

Colour colour_for(int fd) {
  auto const* const no_colour = std::getenv("NO_COLOR");
  auto const* const terminal = std::getenv("TERM");
  auto const refused = no_colour != nullptr && *no_colour != '\0';
  auto const dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return !refused && !dumb && ::isatty(fd) == 1 ? Colour::Yes : Colour::No;
}

config::LogFormat format_for(config::LogFormat format, int fd) {
  if (format != config::LogFormat::Auto) return format;
  return ::isatty(fd) == 1 ? config::LogFormat::Text : config::LogFormat::Json;
}

Log::Log(config::LogConfig config, Writer const& writer, LogSink& sink)
    : config_(config), colour_(writer.colour), sink_(sink), gathered_(LogSink::new_piece()) {
  if (config_.format == config::LogFormat::Text) return;
  auto rest = fmt::format(R"(,"service":"mcp-gateway","version":{},"instance_id":{})", json_string(writer.version),
                          json_string(writer.instance_id));
  if (!writer.pool.empty()) rest.append(R"(,"pool":)").append(json_string(writer.pool));
  if (!writer.env.empty()) rest.append(R"(,"env":)").append(json_string(writer.env));
  constant_fields_ = fmt::format(R"(,"log_type":"app"{})", rest);
  audit_fields_ = fmt::format(R"(,"log_type":"audit"{})", rest);
  child_fields_ = fmt::format(R"(,"log_type":"child"{})", rest);
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

void Log::write(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  auto const before = gathered_.size();
  gather(level, event, message, fields);
  urgent_ = true;
  // The status page is no terminal.
  auto const line = colour_ == Colour::No ? std::string(gathered_.view().substr(before, gathered_.size() - before - 1))
                                          : format_log_line(config_.format, level, timestamp(), event, message, fields);
  sink_.tail().keep(server_of(fields), line);
}

void Log::audit(std::string_view event, std::string_view message, LogFields fields) {
  if (!config_.audit) return;
  gather(config::LogLevel::Info, event, message, fields);
  urgent_ = true;
}

void Log::gather(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  auto const type = log_type(event);
  auto const& constant = type == "app" ? constant_fields_ : type == "audit" ? audit_fields_ : child_fields_;
  append_any_line(gathered_, {config_.format, colour_}, level, timestamp(), event, message,
                  {fields.begin(), fields.size()}, constant);
  end_line(level);
}

void Log::say(std::string_view lines) {
  if (!is_for_people() || lines.empty()) return;
  gathered_.append(lines);
  gathered_lines_ += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  urgent_ = true;
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

}  // namespace gateway::log
