// Log lines: one JSON object an event, or a line for people.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/base/byte_queue.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/log/record.h"
#include "gateway/log/sink.h"

namespace gateway::log {

/// One value of a line. Text of any bytes is fine: it is escaped on the way.
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

/// A record's member as a field; what is absent becomes an empty text.
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

/// Whether lines for people are coloured.
enum class Colour : std::uint8_t { No, Yes };
/// Only where a person looks on, and has not said otherwise (NO_COLOR, TERM=dumb).
[[nodiscard]] Colour colour_for(int fd);

/// The format in which a log to `fd` is written.
[[nodiscard]] config::LogFormat format_for(config::LogFormat format, int fd);

/// Formats a line, without its line end. Empty texts are left out; texts are cut
/// where the line would be longer than 16 KiB, which then says `truncated`. Pure.
[[nodiscard]] std::string format_log_line(config::LogFormat format, config::LogLevel level, std::string_view timestamp,
                                          std::string_view event, std::string_view message, LogFields fields,
                                          Colour colour = Colour::No);

/// Gathers the lines of one loop and hands them to the sink in pieces, so that a
/// logged call costs one formatted line and no system call.
class Log {
 public:
  /// Who writes: on every JSON line, so that lines of several gateways can be told apart.
  struct Writer {
    std::string version;
    std::string instance_id;
    std::string pool{};
    std::string env{};
    Colour colour = Colour::No;
  };
  Log(config::LogConfig config, Writer const& writer, LogSink& sink);
  ~Log();
  Log(Log const&) = delete;
  Log& operator=(Log const&) = delete;

  [[nodiscard]] config::LogLevel level() const { return config_.level; }
  /// From the next line on.
  void set_level(config::LogLevel level) { config_.level = level; }
  [[nodiscard]] bool enabled(config::LogLevel level) const { return level >= config_.level; }
  /// Lines so far, also those that the sink dropped.
  [[nodiscard]] std::uint64_t lines(config::LogLevel level) const { return lines_[static_cast<std::size_t>(level)]; }
  void write(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields = {});
  /// An info line of which there are very many: it may wait a moment for others.
  template <Constant event, Constant message, typename... Members>
  void record(Members const&... members);

  [[nodiscard]] bool audits() const { return config_.audit; }
  /// A line of the audit, whatever the level; nothing where there is none. `event`
  /// begins with "audit.".
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

  /// The loop calls it at the end of a turn: what was gathered is handed over when
  /// it is much or old, or has more than records in it.
  void end_turn(TimePoint now);
  /// Hands over what was gathered.
  void flush();

  /// Whether people read along, who are told more than events.
  [[nodiscard]] bool is_for_people() const {
    return config_.format == config::LogFormat::Text && enabled(config::LogLevel::Info);
  }
  /// Whole lines for them, in their place among the events.
  void say(std::string_view lines);

 private:
  std::string_view timestamp();
  void end_line(config::LogLevel level) {
    gathered_.push_back('\n');
    ++gathered_lines_;
    ++lines_[static_cast<std::size_t>(level)];
  }
  void gather(config::LogLevel level, std::string_view event, std::string_view message, LogFields fields);

  config::LogConfig config_;
  Colour colour_ = Colour::No;
  LogSink& sink_;
  std::string constant_fields_;  ///< of every JSON line: ",\"log_type\":\"app\",\"service\":…"
  std::string audit_fields_;     ///< the same for lines of the audit
  std::string child_fields_;     ///< and for what children wrote
  ByteQueue gathered_;
  std::size_t gathered_lines_ = 0;
  std::array<std::uint64_t, 4> lines_{};  ///< by level
  std::optional<TimePoint> gathered_since_;
  bool urgent_ = false;
  std::string timestamp_;  ///< of the last line; its second is not written anew for each
  std::time_t second_ = -1;
};

template <Constant event, Constant message, typename... Members>
void Log::record(Members const&... members) {
  if (!enabled(config::LogLevel::Info)) return;
  if (config_.format == config::LogFormat::Text) {
    urgent_ = true;  // somebody may be looking on
    return gather(config::LogLevel::Info, event.view(), message.view(), {as_field(members)...});
  }
  append_json_record<event, message>(gathered_, timestamp(), constant_fields_, members...);
  end_line(config::LogLevel::Info);
}

}  // namespace gateway::log
