#include "gateway/frontend/loop_tokens.h"

namespace gateway::frontend {

namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
static_assert(kLetters.size() == LoopTokens::kMaxLoops);
static_assert(kLetters.size() == kGenerations);

std::optional<std::size_t> number_of(char letter) {
  auto const number = kLetters.find(letter);
  return number == kLetters.npos ? std::nullopt : std::optional(number);
}

}  // namespace

std::string LoopTokens::prefix(std::size_t loop) const {
  std::string const of_process(1, kLetters[own_.number]);
  return loops_ == 1 ? of_process : of_process + kLetters[loop];
}

std::optional<std::size_t> LoopTokens::loop_of(std::string_view token) const {
  if (token.size() < 2 || loops_ == 1 || generation_of(token) != own_) return std::nullopt;
  auto const loop = number_of(token[1]);
  return loop && *loop < loops_ ? loop : std::nullopt;
}

std::optional<Generation> LoopTokens::generation_of(std::string_view token) {
  auto const number = token.empty() ? std::nullopt : number_of(token.front());
  return number ? std::optional(Generation{*number}) : std::nullopt;
}

}  // namespace gateway::frontend
