#include "gateway/auth/json_members.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::auth {

namespace {

constexpr std::size_t kMostMembers = 128;
constexpr std::size_t kMostTexts = 64;
constexpr double kEndOfTime = 253'402'300'800;  // the year 10000

}  // namespace

std::optional<JsonMembers> JsonMembers::read(std::string_view text) {
  if (rpc::validate(text)) return std::nullopt;
  JsonMembers members;
  rpc::MemberWalk walk(text.substr(rpc::skip_space(text, 0)));
  while (auto const member = walk.next()) {
    auto key = rpc::unquote(member->key);
    auto const stands_twice =
        std::ranges::any_of(members.entries_, [&](Entry const& other) { return other.key == key; });
    if (stands_twice || members.entries_.size() == kMostMembers) return std::nullopt;
    members.entries_.push_back({std::move(key), member->value});
  }
  if (!walk.ok()) return std::nullopt;
  return members;
}

std::string_view JsonMembers::raw(std::string_view key) const {
  auto const found = std::ranges::find_if(entries_, [&](Entry const& entry) { return entry.key == key; });
  return found == entries_.end() ? std::string_view{} : found->value;
}

std::optional<std::string> JsonMembers::text(std::string_view key) const {
  auto const value = raw(key);
  if (!rpc::is_string(value)) return std::nullopt;
  return rpc::unquote(value);
}

std::optional<std::int64_t> JsonMembers::seconds(std::string_view key) const {
  auto const value = raw(key);
  double number = 0;
  auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  if (!(number >= 0 && number < kEndOfTime)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(number));
}

std::optional<std::vector<std::string>> JsonMembers::texts(std::string_view key) const {
  if (auto one = text(key)) return std::vector<std::string>{*std::move(one)};
  auto const value = raw(key);
  if (!rpc::is_array(value)) return std::nullopt;
  std::vector<std::string> all;
  rpc::ElementWalk walk(value);
  while (auto const element = walk.next()) {
    if (!rpc::is_string(*element) || all.size() == kMostTexts) return std::nullopt;
    all.push_back(rpc::unquote(*element));
  }
  if (!walk.ok()) return std::nullopt;
  return all;
}

}  // namespace gateway::auth
