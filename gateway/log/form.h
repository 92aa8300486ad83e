// How a line is written for an output.
#pragma once

#include <cstdint>

namespace gateway::log {

enum class Form : std::uint8_t {
  Json,
  Text,
  ColouredText,  ///< for a terminal
  BareText,      ///< for a receiver that adds the time and the level itself
  Journal,       ///< fields of systemd's journal, as its native protocol has them
};

/// Whether lines of this form are for people to read as they are.
[[nodiscard]] constexpr bool is_text(Form form) { return form == Form::Text || form == Form::ColouredText; }

}  // namespace gateway::log
