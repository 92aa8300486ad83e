// Reads server-sent events (WHATWG HTML, section 9.2).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::remote {

/// Bytes in any portions become events. What it remembers of a stream is enough to ask for the rest of it.
class EventReader {
 public:
  explicit EventReader(std::size_t max_event) : max_event_(max_event) {}

  struct Event {
    std::string_view name;  ///< "message" where none is given
    std::string_view data;
  };

  /// The next event of `bytes`, which are shortened by what was used; its views are valid until the next call. Nothing:
  /// everything was used. An event without data is none.
  [[nodiscard]] std::optional<Event> next(std::string_view& bytes);

  /// An event is larger than allowed: nothing more is read.
  [[nodiscard]] bool too_large() const { return too_large_; }
  /// The id of the last event that had one; empty without any.
  [[nodiscard]] std::string const& last_id() const { return last_id_; }
  /// How long the server wants its clients to wait before they connect again.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  /// Another connection goes on with this stream.
  void restart();

 private:
  bool take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);

  std::size_t max_event_;
  std::string line_;  ///< of which the end is still to come
  std::string name_;  ///< of the event that is being read
  std::string data_;  ///< the same, each line with its end
  std::string id_;    ///< the same
  std::string told_name_;
  std::string told_data_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool after_cr_ = false;
  bool first_ = true;
  bool too_large_ = false;
};

}  // namespace gateway::remote
