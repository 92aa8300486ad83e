// How the era of a child is found: what it is asked first, and what follows from its answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// What is known of a server before a run of it.
struct KnownEra {
  std::optional<Era> era;
  bool certain = false;  ///< the configuration says so: nothing else is tried
};

/// An answer, as far as it matters here.
enum class EraAnswer : std::uint8_t {
  Speaks,         ///< a result that can be used
  NamesVersions,  ///< an error that says it speaks other revisions than the one it was asked in
  AskAgain,       ///< to server/discover: an error that lists the revision it was asked in
  Refuses,        ///< any other error, or a result that is none
};
/// Reads the error of an answer to `server/discover`. (MCP 2026-07-28, stdio: no single code tells a server that does
/// not know the method.)
[[nodiscard]] EraAnswer answer_to_discover(std::string_view raw_error);
/// Reads the error of an answer to `initialize`.
[[nodiscard]] EraAnswer answer_to_initialize(std::string_view raw_error);

/// What to do next.
enum class EraStep : std::uint8_t {
  Wait,
  Discover,        ///< ask server/discover
  Initialize,      ///< ask initialize
  TakeDiscovery,   ///< it speaks the stateless revision: its answer to server/discover counts
  TakeInitialize,  ///< it speaks one with sessions
  Fail,            ///< it cannot be used
};

/// One run of a child, until it is known what it speaks. A value: who owns it asks and waits.
class EraProbe {
 public:
  explicit EraProbe(KnownEra known) : known_(known) {}

  [[nodiscard]] EraStep begin();
  [[nodiscard]] EraStep discovered(EraAnswer answer);
  [[nodiscard]] EraStep initialized(EraAnswer answer);
  /// It has been silent for a while. Some servers ignore what they do not know, and others take long to start.
  [[nodiscard]] EraStep silent();
  /// Whether an exit now says that it cannot bear to be asked anything but `initialize` first, as some servers.
  [[nodiscard]] bool exit_means_sessions() const;

 private:
  enum class State : std::uint8_t { NotAsked, Asked, Speaks, Refuses };
  [[nodiscard]] EraStep ask_discover();
  [[nodiscard]] EraStep ask_initialize();
  [[nodiscard]] EraStep end(EraStep step);

  KnownEra known_;
  State discover_ = State::NotAsked;
  State initialize_ = State::NotAsked;
  bool asked_again_ = false;
  bool over_ = false;
};

}  // namespace gateway::mcp
