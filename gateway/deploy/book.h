// What was deployed, stopped and rolled back: a list that only grows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/deploy/state_folder.h"

namespace gateway::deploy {

/// One line of the book. A release is what an instance is started from: a configuration and a program. Releases of a
/// profile are numbered from 1.
struct Entry {
  std::string time{};     ///< UTC, as in the log
  std::string action{};   ///< "deploy", "rollback", "restore" or "stop"
  std::string outcome{};  ///< "starting", then "ready" or "failed"; "stopped"
  std::string profile{};
  unsigned release = 0;
  std::string version{};  ///< what a person calls the release
  std::string program{};  ///< its path when it was deployed
  std::string program_sha256{};
  std::string config_sha256{};
  std::string folder{};  ///< in which it is started
  int pid = 0;           ///< of the instance, where there is one
  std::string reason{};  ///< why it failed
};

[[nodiscard]] std::string to_line(Entry const& entry);
/// The entries of a profile. A line that was not written to its end is passed over.
[[nodiscard]] std::vector<Entry> read_book(std::string_view text, std::string_view profile);

/// What runs or last ran: the newest entry that did not fail. Empty where nothing ever ran.
[[nodiscard]] std::optional<Entry> current_of(std::vector<Entry> const& book);
/// The newest release that was ready.
[[nodiscard]] std::optional<Entry> last_ready(std::vector<Entry> const& book);
/// The release that a rollback to `wanted` starts: "previous" (the newest that was ready before what runs), the number of a
/// release, or a version (its newest release that was ready). A rollback that was cut short is the one to finish.
[[nodiscard]] Result<Entry> rollback_target(std::vector<Entry> const& book, std::string_view wanted);

/// Adds a line to the file: all of it, or it is passed over when the file is read.
[[nodiscard]] Status append(StateFolder const& state, Entry entry);
[[nodiscard]] Result<std::vector<Entry>> book_of(StateFolder const& state, std::string_view profile);

}  // namespace gateway::deploy
