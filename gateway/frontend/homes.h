// Which loop a request belongs to, where there are several.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/ids.h"
#include "gateway/frontend/endpoint.h"

namespace gateway::frontend {

/// Services to loops, and requests to the loop of the service they name. Pure, and
/// the same on every loop, so a connection that moved is at home where it arrives.
class Homes {
 public:
  /// 1..kMaxLoops.
  Homes(Endpoints endpoints, std::size_t loops) : endpoints_(std::move(endpoints)), loops_(loops) {}

  [[nodiscard]] std::size_t loops() const { return loops_; }

  /// In the order of the configuration: the first service on loop 0, the next on 1.
  [[nodiscard]] std::size_t of(ServiceIndex service) const { return raw(service) % loops_; }

  /// Nothing for a request that any loop can answer, since it names no service.
  [[nodiscard]] std::optional<std::size_t> of(http::ListenerTag listener, http::RequestHead const& head) const;

  /// What a loop's session tokens begin with: at a root without a service's name
  /// only the session tells whose message it is.
  [[nodiscard]] std::string token_front(std::size_t loop) const;

  /// One letter of a token tells so many apart.
  static constexpr std::size_t kMaxLoops = 64;

 private:
  [[nodiscard]] std::optional<std::size_t> of_token(std::string_view token) const;

  Endpoints endpoints_;
  std::size_t loops_;
};

}  // namespace gateway::frontend
