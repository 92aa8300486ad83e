// A terminal taken over for a while, and given back as it was.
#pragma once

#include <termios.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "gateway/io/unique_fd.h"

namespace gateway::cli {

/// Takes the screen and the keys; its end gives both back, whatever ends it short of
/// SIGKILL: keys and signals are read by `wait`, and none ends the process.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(Terminal const&) = delete;
  Terminal& operator=(Terminal const&) = delete;

  /// In place of what stood on the screen.
  void show(std::string_view text);

  struct Heard {
    bool ends = false;        ///< a signal said so, or the keyboard is gone
    std::optional<char> key;  ///< what was pressed
  };
  /// Returns early when a key is pressed, the window changes or a signal comes.
  [[nodiscard]] Heard wait(std::chrono::milliseconds at_most);

 private:
  io::UniqueFd signals_;
  std::optional<termios> before_;  ///< absent where stdin is no terminal
};

}  // namespace gateway::cli
