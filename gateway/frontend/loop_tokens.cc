#include "gateway/frontend/loop_tokens.h"

namespace gateway::frontend {

namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
static_assert(kLetters.size() == LoopTokens::kMaxLoops);

}  // namespace

std::string LoopTokens::prefix(std::size_t loop) const { return loops_ == 1 ? "" : std::string(1, kLetters[loop]); }

std::optional<std::size_t> LoopTokens::loop_of(std::string_view token) const {
  auto const loop = token.empty() ? std::string_view::npos : kLetters.find(token.front());
  if (loop >= loops_) return std::nullopt;
  return loop;
}

}  // namespace gateway::frontend
