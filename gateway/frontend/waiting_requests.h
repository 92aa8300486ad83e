// Requests that wait until it is known who they are from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/auth/waiting.h"
#include "gateway/base/ids.h"
#include "gateway/http/exchange.h"

namespace gateway::frontend {

/// Keeps a copy of each, since the connection's buffer is used again. One whose client leaves is forgotten.
class WaitingRequests {
 public:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

  struct Kept {
    auth::WaitId wait{};
    ExchangeId exchange{};
    std::string head{};  ///< as it would be sent
    std::string body{};
    http::ListenerTag listener{};
    std::string request_id{};
  };

  /// False where there is no room.
  [[nodiscard]] bool keep(auth::WaitId wait, ExchangeId exchange, http::Request const& request);
  void forget(ExchangeId exchange);
  /// Those that waited for this, in the order in which they came.
  [[nodiscard]] std::vector<Kept> take(auth::WaitId wait);
  /// All of them.
  [[nodiscard]] std::vector<Kept> take_all();
  [[nodiscard]] bool empty() const { return kept_.empty(); }

 private:
  std::vector<Kept> kept_;
  std::size_t bytes_ = 0;
};

/// The head of a kept request, which `into` then points into. It was a good one once.
void read_kept(WaitingRequests::Kept const& kept, http::RequestHead& into);

}  // namespace gateway::frontend
