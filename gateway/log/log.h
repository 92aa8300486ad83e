// Log lines: events with fields, formatted for the outputs.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/byte_queue.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/log/record.h"
#include "gateway/log/sink.h"

namespace gateway::log {

/// One value of a line. A string may have any bytes: it is escaped.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, std::string const& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, char const* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <typename Int>
  requires std::is_integral_v<Int> LogField(std::string_view k, Int v) : key(k) {
    if constexpr (std::is_signed_v<Int>) {
      value = static_cast<std::int64_t>(v);
    } else {
      value = static_cast<std::uint64_t>(v);
    }
  }
};
using LogFields = std::initializer_list<LogField>;

/// A record's member as a field; what is absent becomes an empty string.
template <Constant name, typename Value>
[[nodiscard]] LogField as_field(Member<name, Value> const& member) {
  constexpr auto kName = Member<name, Value>::kName.view();
  if constexpr (std::is_same_v<Value, Label>) {
    return {kName, member.value.text};
  } else if constexpr (record_detail::kIsOptional<Value>) {
    using Present = typename Value::value_type;
    return member.value ? as_field(Member<name, Present>{*member.value}) : LogField(kName, std::string_view{});
  } else if constexpr (std::is_same_v<Value, Duration>) {
    return {kName, to_ms(member.value)};
  } else {
    return {kName, member.value};
  }
}

/// Formats a line, without its line end. Empty strings are left out; strings are truncated where the line would be
/// longer than 16 KiB, which then has `truncated`. Pure.
[[nodiscard]] std::string format_log_line(Form form, config::LogLevel level, std::string_view timestamp,
                                          std::string_view event, std::string_view message, LogFields fields);

/// Gathers the lines of one loop and hands them to the sink in pieces, so that a logged call costs one formatted line
/// for each form that the sink wants, and no system call.
class Log {
 public:
  /// Who writes, in every JSON line, so that lines of several gateways can be told apart.
  struct Writer {
    std::string version;
    std::string instance_id;
    std::string pool{};
    std::string env{};
  };
  Log(config::LogConfig const& config, Writer const& writer, LogSink& sink);
  ~Log();
  Log(Log const&) = delete;
  Log& operator=(Log const&) = delete;

  [[nodiscard]] config::LogLevel level() const { return level_; }
  /// From the next line on, for outputs that have no level of their own.
  void set_level(config::LogLevel level);
  /// Whether any output takes lines of this level.
  [[nodiscard]] bool enabled(config::LogLevel level) const { return level >= lowest_; }
  /// Lines so far, also those that the sink dropped.
  [[nodiscard]] std::uint64_t lines(config::LogLevel level) const { return lines_[static_cast<std::size_t>(level)]; }
  void write(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields = {});
  /// An info line of which there are very many: it may wait a moment, to be handed over with others.
  template <Constant event, Constant message, typename... Members>
  void record(Members const&... members);

  [[nodiscard]] bool audits() const { return audits_; }
  /// A line of the audit log, whatever the level; nothing if that is off. `event` begins with "audit.".
  void audit(std::string_view event, std::string_view message, LogFields fields);

  void debug(std::string_view event, std::string_view message, LogFields f = {}) {
    write(config::LogLevel::Debug, event, message, f);
  }
  void info(std::string_view event, std::string_view message, LogFields f = {}) {
    write(config::LogLevel::Info, event, message, f);
  }
  void warn(std::string_view event, std::string_view message, LogFields f = {}) {
    write(config::LogLevel::Warn, event, message, f);
  }
  void error(std::string_view event, std::string_view message, LogFields f = {}) {
    write(config::LogLevel::Error, event, message, f);
  }

  /// Called by the loop at the end of an iteration: hands over what was gathered if it is much or old, or more than
  /// records.
  void end_turn(TimePoint now);
  /// Hands over what was gathered.
  void flush();

  /// Whether people may be watching, who are shown more than events.
  [[nodiscard]] bool is_for_people() const;
  /// Whole lines for them, in their place among the events.
  void say(std::string_view lines);

 private:
  /// The lines of one form, which are not handed over yet.
  struct Rendering {
    Wanted wanted;
    config::LogLevel lowest = config::LogLevel::Info;  ///< of what any of its outputs takes
    LogPiece piece;
  };

  std::string_view timestamp();
  /// That of the iteration's first record: nobody can tell apart when they came.
  std::string_view timestamp_of_record() { return std::exchange(has_record_, true) ? timestamp_ : timestamp(); }
  void end_line(Rendering& to, std::size_t begin, config::LogLevel level, LineKind kind) {
    to.piece.bytes.push_back('\n');
    to.piece.marks.push_back({static_cast<std::uint32_t>(to.piece.bytes.size() - begin), level, kind, level >= level_});
  }
  void gather(Rendering& to, config::LogLevel level, LineKind kind, std::string_view timestamp, std::string_view event,
              std::string_view message, LogFields fields);
  void keep_for_page(config::LogLevel level, std::string_view timestamp, std::string_view event,
                     std::string_view message, LogFields fields);

  config::LogLevel level_;
  config::LogLevel lowest_;  ///< that any output takes
  bool audits_;
  LogSink& sink_;
  std::string constant_fields_;  ///< of every JSON line: ",\"log_type\":\"app\",\"service\":…"
  std::string audit_fields_;     ///< the same for lines of the audit
  std::string child_fields_;     ///< and for what children wrote
  std::vector<Rendering> renderings_;
  std::array<std::uint64_t, 4> lines_{};  ///< by level
  std::optional<TimePoint> gathered_since_;
  bool urgent_ = false;
  bool has_record_ = false;  ///< in this iteration
  std::string timestamp_;    ///< of the last line; its second is not written anew for each
  std::time_t second_ = -1;
};

template <Constant event, Constant message, typename... Members>
void Log::record(Members const&... members) {
  constexpr auto kLevel = config::LogLevel::Info;
  if (!enabled(kLevel)) return;
  ++lines_[static_cast<std::size_t>(kLevel)];
  auto const now = timestamp_of_record();
  for (auto& rendering : renderings_) {
    if (kLevel < rendering.lowest) continue;
    if (rendering.piece.form != Form::Json) {
      urgent_ = true;  // somebody may be watching
      gather(rendering, kLevel, LineKind::Event, now, event.view(), message.view(), {as_field(members)...});
      continue;
    }
    auto const begin = rendering.piece.bytes.size();
    append_json_record<event, message>(rendering.piece.bytes, now, constant_fields_, members...);
    end_line(rendering, begin, kLevel, LineKind::Event);
  }
}

}  // namespace gateway::log
