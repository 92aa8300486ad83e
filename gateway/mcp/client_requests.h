// What an exclusive child asked of its client and is waiting for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/mcp/method.h"

namespace gateway::mcp {

/// A sampling, elicitation or roots request under way to the client.
struct ClientRequest {
  std::uint64_t id = 0;  ///< ours: what the client answers to
  std::string child_id;  ///< the child's raw id
  Method method = Method::Other;
  TimePoint deadline;
};

/// Few at a time: a child asks one question, or a handful.
class ClientRequests {
 public:
  std::uint64_t open(ClientRequest request) {
    request.id = next_++;
    open_.push_back(std::move(request));
    return open_.back().id;
  }

  /// Takes out the one our id names. Empty for anything that was not asked.
  [[nodiscard]] std::optional<ClientRequest> close(std::uint64_t id) {
    return take([&](ClientRequest const& request) { return request.id == id; });
  }
  [[nodiscard]] std::optional<ClientRequest> close_by_child_id(std::string_view raw) {
    return take([&](ClientRequest const& request) { return request.child_id == raw; });
  }
  [[nodiscard]] std::optional<ClientRequest> close_expired(TimePoint now) {
    return take([&](ClientRequest const& request) { return request.deadline <= now; });
  }

 private:
  template <typename Predicate>
  std::optional<ClientRequest> take(Predicate matches) {
    for (auto at = open_.begin(); at != open_.end(); ++at) {
      if (!matches(*at)) continue;
      std::optional<ClientRequest> taken(std::move(*at));
      open_.erase(at);
      return taken;
    }
    return std::nullopt;
  }

  std::uint64_t next_ = 1;
  std::vector<ClientRequest> open_;
};

}  // namespace gateway::mcp
