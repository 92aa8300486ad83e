// What one run of the load does: the command line as a value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

enum class Transport {
  Sse,
  Http,
  Stateless,  ///< HTTP of revision 2026-07-28: a session here is only a client that calls
};
enum class Mode {
  Steady,  ///< sessions stay, and call without pause
  Churn,   ///< connect, initialize, one call, close; and again
  Idle,    ///< sessions stay open without a call, and make one at the end
};

/// A tool that gives back the text it is called with.
struct EchoTool {
  std::string name = "echo";
  std::string argument = "text";  ///< what it calls the text
  std::string before;             ///< what it puts before the text
};

struct Options {
  std::uint16_t port = 0;
  std::string path;
  Transport transport = Transport::Sse;
  Mode mode = Mode::Steady;
  EchoTool echo;
  std::string tool_prefix;  ///< what the server puts before the names of all tools
  std::size_t sessions = 64;
  std::size_t slow = 0;  ///< sessions among them that read slowly
  std::size_t payload = 32;
  std::size_t result = 0;
  std::size_t calls = 0;  ///< in all, then it ends; zero: it ends when the time is over
  double seconds = 3;
  double warmup = 1;
  int pid = 0;
  bool tls = false;   ///< whatever certificate the server shows
  std::string token;  ///< sent as a bearer token with every request

  /// The header line, or nothing.
  [[nodiscard]] std::string authorization() const {
    return token.empty() ? token : "Authorization: Bearer " + token + "\r\n";
  }
  [[nodiscard]] std::size_t calls_each() const { return calls / sessions; }
};

}  // namespace bench
