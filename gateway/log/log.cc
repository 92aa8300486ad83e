#include "gateway/log/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "gateway/base/json_text.h"
#include "gateway/base/result.h"
#include "gateway/log/line_writer.h"

namespace gateway::log {

namespace {

/// Records are handed over from this size on, or once the first is this old. Each hand-over wakes another thread, which
/// costs more than the lines.
constexpr std::size_t kHandOver = 64 * 1024;
constexpr Duration kOldest = milliseconds(100);
/// Collectors drop or break longer lines.
constexpr std::size_t kMaxLine = 16 * 1024;

using Fields = std::span<LogField const>;

bool is_empty(LogField const& field) {
  auto const* const text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->empty();
}

/// The service a line is about; empty if there is none.
std::string_view server_of(LogFields fields) {
  for (auto const& field : fields) {
    auto const* const text = std::get_if<std::string_view>(&field.value);
    if (text != nullptr && field.key == "server") return *text;
  }
  return {};
}

/// What a line takes at most, not counting what its form adds.
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

/// Escape sequences that set the colour of a level.
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

/// A message may quote what others wrote; a line end in it would begin another line.
void write_printable(LineWriter& to, std::string_view message) {
  for (auto const c : message) to.raw(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
}

void write_text_line(LineWriter& to, Form form, config::LogLevel level, std::string_view timestamp,
                     std::string_view event, std::string_view message, Fields fields) {
  auto const in = [&](std::string_view code) {
    if (form == Form::ColouredText) to.raw(code);
  };
  auto const padded = [&](std::string_view text, std::size_t width) {
    to.raw(text);
    for (auto size = text.size(); size < width; ++size) to.raw(' ');
    to.raw(' ');
  };
  if (is_text(form)) {
    in(kDim);
    to.raw(timestamp).raw(' ');
    in(kPlain);
    in(colour_of(level));
    padded(to_text(level), 5);
    in(kPlain);
    padded(event, 18);
  } else {
    to.raw(event).raw(": ");
  }
  write_printable(to, message);
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    in(kDim);
    to.raw("  ").raw(field.key).raw('=');
    in(kPlain);
    write_value(to, field);
  }
}

/// MCP_CHILD_PID of child.pid.
void write_journal_name(LineWriter& to, std::string_view key) {
  to.raw("MCP_");
  for (auto const c : key) to.raw(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '.' ? '_' : c);
}

/// A value with a line end is given with its size, in eight bytes, the lowest first.
void write_journal_string(LineWriter& to, std::string_view value) {
  value = value.substr(0, LineWriter::kMaxTextBytes);
  if (value.find('\n') == value.npos) {
    to.raw('=').raw(value);
    return;
  }
  to.raw('\n');
  for (unsigned shift = 0; shift < 64; shift += 8)
    to.raw(static_cast<char>(std::uint64_t{value.size()} >> shift & 0xFF));
  to.raw(value);
}

/// The last field has no line end.
void write_journal_fields(LineWriter& to, config::LogLevel level, std::string_view event, std::string_view message,
                          Fields fields) {
  to.raw("MCP_EVENT=").raw(event).raw('\n');
  for (auto const& field : fields) {
    if (is_empty(field)) continue;
    write_journal_name(to, field.key);
    if (auto const* const text = std::get_if<std::string_view>(&field.value)) {
      write_journal_string(to, *text);
    } else {
      write_value(to.raw('='), field);
    }
    to.raw('\n');
  }
  to.raw("MESSAGE=");
  write_text_line(to, Form::BareText, level, {}, event, message, fields);
}

/// What a form adds to a line: colours, names of journal fields.
std::size_t room_of_form(Form form, std::size_t room, std::size_t fields) {
  constexpr std::size_t kOfField = 16;
  if (form == Form::ColouredText) return 64 + kOfField * fields;
  return form == Form::Journal ? room + kOfField * (fields + 1) : 0;
}

/// Appends a line without its line end.
void append_line(ByteQueue& out, Form form, config::LogLevel level, std::string_view timestamp, std::string_view event,
                 std::string_view message, Fields fields, std::string_view constant_fields) {
  auto const room = room_for(timestamp, event, message, fields);
  auto* const start = out.extend(room + room_of_form(form, room, fields.size()) + constant_fields.size());
  LineWriter to(start);
  if (form == Form::Json) {
    write_json_line(to, level, timestamp, event, message, fields);
    to.raw(constant_fields).raw('}');
  } else if (form == Form::Journal) {
    write_journal_fields(to, level, event, message, fields);
  } else {
    write_text_line(to, form, level, timestamp, event, message, fields);
  }
  out.commit(static_cast<std::size_t>(to.end() - start));
}

/// With as much of each string as makes the line short enough, and a field that says so.
void append_cut_line(ByteQueue& out, Form form, config::LogLevel level, std::string_view timestamp,
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
    append_line(line, form, level, timestamp, event, message, shown, constant_fields);
    if (line.size() <= kMaxLine || limit <= kShortest) return out.append(line.view());
  }
}

void append_any_line(ByteQueue& out, Form form, config::LogLevel level, std::string_view timestamp,
                     std::string_view event, std::string_view message, Fields fields,
                     std::string_view constant_fields) {
  auto const room = room_for(timestamp, event, message, fields) + constant_fields.size();
  auto const fits = room + room_of_form(form, room, fields.size()) <= kMaxLine;
  (fits ? append_line : append_cut_line)(out, form, level, timestamp, event, message, fields, constant_fields);
}
/// Collectors keep the audit log, and what children wrote, apart.
std::string_view log_type(std::string_view event) {
  if (event.starts_with("audit.")) return "audit";
  return event == "child.stderr" ? "child" : "app";
}

}  // namespace

std::string format_log_line(Form form, config::LogLevel level, std::string_view timestamp, std::string_view event,
                            std::string_view message, LogFields fields) {
  ByteQueue line;
  append_any_line(line, form, level, timestamp, event, message, {fields.begin(), fields.size()}, {});
  return std::string(line.view());
}

Log::Log(config::LogConfig const& config, Writer const& writer, LogSink& sink)
    : level_(config.level), lowest_(config.level), audits_(config.audit), sink_(sink) {
  for (auto const& wanted : sink.wanted()) renderings_.push_back({wanted, config.level, LogPiece(wanted.form)});
  set_level(config.level);
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

void Log::set_level(config::LogLevel level) {
  level_ = level;
  lowest_ = config::LogLevel::Error;
  for (auto& rendering : renderings_) {
    auto const& [form, own, follows, is_watched] = rendering.wanted;
    rendering.lowest = follows ? std::min(level, own.value_or(level)) : own.value_or(level);
    lowest_ = std::min(lowest_, rendering.lowest);
  }
}

void Log::write(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  ++lines_[static_cast<std::size_t>(level)];
  urgent_ = true;
  auto const now = timestamp();
  for (auto& rendering : renderings_) {
    if (level >= rendering.lowest) gather(rendering, level, LineKind::Event, now, event, message, fields);
  }
  keep_for_page(level, now, event, message, fields);
}

/// The status page shows text only where the log is text.
void Log::keep_for_page(config::LogLevel level, std::string_view timestamp, std::string_view event,
                        std::string_view message, LogFields fields) {
  auto const& [wanted, lowest, piece] = renderings_.front();
  if (level >= lowest && (piece.form == Form::Json || piece.form == Form::Text)) {
    auto const size = piece.marks.back().size;
    auto const line = piece.bytes.view().substr(piece.bytes.size() - size, size - 1);
    return sink_.tail().keep(server_of(fields), line);
  }
  auto const form = piece.form == Form::Json ? Form::Json : Form::Text;
  sink_.tail().keep(server_of(fields), format_log_line(form, level, timestamp, event, message, fields));
}

void Log::audit(std::string_view event, std::string_view message, LogFields fields) {
  if (!audits_) return;
  constexpr auto kLevel = config::LogLevel::Info;
  ++lines_[static_cast<std::size_t>(kLevel)];
  urgent_ = true;
  auto const now = timestamp();
  for (auto& rendering : renderings_) gather(rendering, kLevel, LineKind::Audit, now, event, message, fields);
}

void Log::gather(Rendering& to, config::LogLevel level, LineKind kind, std::string_view timestamp,
                 std::string_view event, std::string_view message, LogFields fields) {
  auto const type = log_type(event);
  auto const& constant = type == "app" ? constant_fields_ : type == "audit" ? audit_fields_ : child_fields_;
  auto const begin = to.piece.bytes.size();
  append_any_line(to.piece.bytes, to.piece.form, level, timestamp, event, message, {fields.begin(), fields.size()},
                  to.piece.form == Form::Json ? std::string_view(constant) : std::string_view{});
  end_line(to, begin, level, kind);
}

bool Log::is_for_people() const {
  return enabled(config::LogLevel::Info) &&
         std::ranges::any_of(renderings_, [](Rendering const& each) { return each.wanted.is_watched; });
}

void Log::say(std::string_view lines) {
  if (!is_for_people()) return;
  for (auto& rendering : renderings_) {
    if (!rendering.wanted.is_watched || rendering.lowest > config::LogLevel::Info) continue;
    for (auto rest = lines; !rest.empty();) {
      auto const begin = rendering.piece.bytes.size();
      auto const line = rest.substr(0, rest.find('\n'));
      rendering.piece.bytes.append(line);
      end_line(rendering, begin, config::LogLevel::Info, LineKind::ForPeople);
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    urgent_ = true;
  }
}

void Log::end_turn(TimePoint now) {
  has_record_ = false;
  std::size_t gathered = 0;
  for (auto const& rendering : renderings_) gathered += rendering.piece.bytes.size();
  if (gathered == 0) return;
  if (!gathered_since_) gathered_since_ = now;
  if (urgent_ || gathered >= kHandOver || now - *gathered_since_ >= kOldest) flush();
}

void Log::flush() {
  for (auto& rendering : renderings_) {
    if (!rendering.piece.bytes.empty()) sink_.write(rendering.piece);
  }
  gathered_since_.reset();
  urgent_ = false;
}

}  // namespace gateway::log
