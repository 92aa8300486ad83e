#include "gateway/mcp/request_state.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <functional>
#include <span>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::mcp {

namespace {

constexpr std::size_t kNumbers = 6;
constexpr std::size_t kMacCharacters = 64;

std::string hex(std::span<unsigned char const> bytes) {
  std::string text;
  for (auto const byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

/// The numbers of a state, each followed by a dot.
std::optional<std::array<std::uint64_t, kNumbers>> numbers_of(std::string_view said) {
  std::array<std::uint64_t, kNumbers> numbers{};
  auto const* at = said.data();
  auto const* const end = at + said.size();
  for (auto& number : numbers) {
    auto const [after, error] = std::from_chars(at, end, number, 16);
    if (error != std::errc{} || after == end || *after != '.') return std::nullopt;
    at = after + 1;
  }
  return at == end ? std::optional(numbers) : std::nullopt;
}

/// Of the members that Params does not name, in any order.
std::uint64_t digest_of_others(std::string_view raw_params) {
  std::hash<std::string_view> const hash;
  std::uint64_t digest = 0;
  rpc::MemberWalk walk(raw_params);
  while (auto const member = walk.next()) {
    if (!is_known_param(*member)) digest += hash(member->key) * 31 + hash(member->value);
  }
  return digest;
}

}  // namespace

RequestMark mark_of(Method method, Params const& params) {
  std::hash<std::string_view> const hash;
  RequestMark mark{.digest = static_cast<std::uint64_t>(method), .shows_state = !params.request_state.empty()};
  std::size_t weight = 1;
  for (auto const value : {params.name, params.arguments, params.uri}) {
    ++weight;
    if (!value.empty()) mark.digest += hash(value) * weight;
  }
  if (params.has_more) mark.digest += digest_of_others(params.raw);
  return mark;
}

StateSeal::StateSeal(Entropy& entropy, Generation own) : own_(own) { entropy.fill(key_); }

std::string StateSeal::mac(std::string_view said, StateBinding const& binding) const {
  // The lengths keep one name from passing for the end of another.
  auto const text = fmt::format("{}|{}|{}|{}:{}|{}:{}", said, raw(binding.service), binding.request,
                                binding.principal.size(), binding.principal, binding.key.size(), binding.key);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<unsigned char const*>(text.data()),
       text.size(), digest.data(), &length);
  return hex(std::span(digest).first(length));
}

std::string StateSeal::seal(RequestState const& state, StateBinding const& binding) const {
  auto const expires = static_cast<std::uint64_t>(state.expires.time_since_epoch().count());
  auto const said = fmt::format("{:x}.{:x}.{:x}.{:x}.{:x}.{:x}.", own_.number, raw(state.edition), raw(state.child),
                                state.trip, state.round, expires);
  return said + mac(said, binding);
}

std::optional<RequestState> StateSeal::open(std::string_view text, StateBinding const& binding) const {
  auto const dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto const said = text.substr(0, dot + 1);
  auto const shown = text.substr(dot + 1);
  auto const expected = mac(said, binding);
  if (shown.size() != expected.size() || CRYPTO_memcmp(shown.data(), expected.data(), shown.size()) != 0) {
    return std::nullopt;
  }
  auto const numbers = numbers_of(said);
  if (!numbers) return std::nullopt;
  auto const& [process, edition, child, trip, round, expires] = *numbers;
  if (process != own_.number) return std::nullopt;
  return RequestState{.edition = EditionId{static_cast<std::uint32_t>(edition)},
                      .child = ChildId{child},
                      .trip = trip,
                      .round = static_cast<unsigned>(round),
                      .expires = TimePoint(TimePoint::duration(static_cast<TimePoint::rep>(expires)))};
}

std::optional<Generation> StateSeal::issuer_of(std::string_view raw_text) {
  auto const text = rpc::unquote(raw_text);
  auto const dot = text.rfind('.');
  if (dot == std::string_view::npos || text.size() - dot - 1 != kMacCharacters) return std::nullopt;
  auto const numbers = numbers_of(text.substr(0, dot + 1));
  if (!numbers || numbers->front() >= kGenerations) return std::nullopt;
  return Generation{static_cast<std::size_t>(numbers->front())};
}

}  // namespace gateway::mcp
