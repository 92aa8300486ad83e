// How traffic is split between two instances behind HAProxy, by its runtime socket.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::deploy {

/// How much of the traffic a server of the backend gets.
struct Share {
  std::string server;
  unsigned percent = 0;

  bool operator==(Share const&) const = default;
};

/// `primary:90 secondary:10`. Each server once, and the sum is 100.
[[nodiscard]] Result<std::vector<Share>> read_shares(std::span<std::string const> words);
[[nodiscard]] std::string to_text(std::vector<Share> const& shares);

/// What HAProxy says of a server.
struct ServerState {
  std::string name;
  unsigned weight = 0;
  bool is_up = false;
};
/// Reads what `show servers state BACKEND` answers. Empty when it is no such answer.
[[nodiscard]] std::vector<ServerState> read_servers_state(std::string_view text, std::string_view backend);

/// A command that could not be carried out, and what the program ends with for it.
struct TrafficFailure {
  int exit_code = 0;  ///< 0: there is none
  std::string what{};
};

/// HAProxy's runtime API. Asks one question a connection, as its socket has it.
class Haproxy {
 public:
  /// `socket` is the path of a Unix socket, or HOST:PORT in numbers.
  Haproxy(std::string socket, std::string backend, std::chrono::milliseconds patience)
      : socket_(std::move(socket)), backend_(std::move(backend)), patience_(patience) {}

  /// Sets the weights and reads them back. Weights that rise are set first, so that there always is a server. If one cannot
  /// be set, the others get back the weights they had.
  [[nodiscard]] TrafficFailure set(std::vector<Share> const& shares);
  /// The servers of the backend.
  [[nodiscard]] TrafficFailure read(std::vector<ServerState>& servers);

 private:
  [[nodiscard]] TrafficFailure ask(std::string const& command, std::string& answer) const;
  [[nodiscard]] TrafficFailure set_weight(std::string const& server, unsigned weight) const;

  std::string socket_;
  std::string backend_;
  std::chrono::milliseconds patience_;
};

}  // namespace gateway::deploy
