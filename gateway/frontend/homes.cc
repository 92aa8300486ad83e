#include "gateway/frontend/homes.h"

namespace gateway::frontend {

namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
static_assert(kLetters.size() == Homes::kMaxLoops);

/// Health of all services is gathered there.
constexpr std::size_t kFirstLoop = 0;

}  // namespace

std::optional<std::size_t> Homes::of(http::ListenerTag listener, http::RequestHead const& head) const {
  auto const endpoint = endpoints_.find(listener, head.host, head.path);
  if (!endpoint) return std::nullopt;
  if (endpoint->service) return of(*endpoint->service);
  if (endpoint->door == Door::Health) return kFirstLoop;
  return of_token(session_token(head.query));
}

std::optional<std::size_t> Homes::of_token(std::string_view token) const {
  auto const loop = token.empty() ? std::string_view::npos : kLetters.find(token.front());
  if (loop >= loops_) return std::nullopt;
  return loop;
}

std::string Homes::token_front(std::size_t loop) const { return loops_ == 1 ? "" : std::string(1, kLetters[loop]); }

}  // namespace gateway::frontend
