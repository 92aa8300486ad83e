#include "gateway/rpc/json_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/base/byte_scan.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::rpc {

namespace {

enum ByteClass : unsigned char { kSpace = 1, kEndsScalar = 2 };

constexpr auto kClasses = [] {
  std::array<unsigned char, 256> classes{};
  for (auto const c : {' ', '\n', '\r', '\t'}) classes[static_cast<unsigned char>(c)] = kSpace | kEndsScalar;
  for (auto const c : {',', '}', ']'}) classes[static_cast<unsigned char>(c)] = kEndsScalar;
  return classes;
}();

bool is(ByteClass wanted, char c) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

/// The two bytes that matter inside a string.
constexpr auto kQuote = [](auto x) { return equals(x, '"') | equals(x, '\\'); };
/// Those that matter outside of strings.
constexpr auto kStructure = [](auto x) {
  return equals(x, '"') | equals(x, '{') | equals(x, '}') | equals(x, '[') | equals(x, ']');
};

char const* past_space(char const* p, char const* end) {
  while (p < end && is(kSpace, *p)) ++p;
  return p;
}

/// After the closing quote of a string whose opening quote is before `p`, or
/// null. `escaped` becomes true when a backslash was met.
char const* past_string(char const* p, char const* end, bool& escaped) {
  while (true) {
    p = find_byte(p, end, kQuote);
    if (p >= end) return nullptr;
    if (*p == '"') return p + 1;
    escaped = true;
    if (end - p < 2) return nullptr;
    p += 2;
  }
}

/// After the bracket that closes the one at `p`, or null.
char const* past_brackets(char const* p, char const* end) {
  for (std::size_t depth = 0;;) {
    p = find_byte(p, end, kStructure);
    if (p >= end) return nullptr;
    auto const c = *p++;
    if (c == '"') {
      auto escaped = false;
      p = past_string(p, end, escaped);
      if (p == nullptr) return nullptr;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (--depth == 0) {
      return p;
    }
  }
}

/// After the value that starts at `p`, which is no white space; null when there is none.
char const* past_value(char const* p, char const* end) {
  if (p >= end) return nullptr;
  if (*p == '"') {
    auto escaped = false;
    return past_string(p + 1, end, escaped);
  }
  if (*p == '{' || *p == '[') return past_brackets(p, end);
  auto const* const start = p;
  while (p < end && !is(kEndsScalar, *p)) ++p;
  return p == start ? nullptr : p;
}

std::string_view between(char const* from, char const* to) { return {from, static_cast<std::size_t>(to - from)}; }

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) {
  if (at >= text.size()) return at;
  return static_cast<std::size_t>(past_space(text.data() + at, text.data() + text.size()) - text.data());
}

std::string_view skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  auto const* const end = text.data() + text.size();
  auto const* const start = past_space(text.data() + at, end);
  auto const* const after = past_value(start, end);
  return after == nullptr ? std::string_view{} : between(start, after);
}

// ── walkers ──────────────────────────────────────────────────────────────────

ItemWalk::ItemWalk(std::string_view text, char open, char close)
    : begin_(text.data()), end_(text.data() + text.size()), close_(close) {
  at_ = past_space(begin_, end_);
  ok_ = at_ < end_ && *at_ == open;
  done_ = !ok_;
  if (ok_) ++at_;
}

bool ItemWalk::step() {
  if (done_) return false;
  at_ = past_space(at_, end_);
  if (at_ < end_ && *at_ == close_) {
    ++at_;
    done_ = true;
    return false;
  }
  if (!std::exchange(first_, false)) {
    if (at_ >= end_ || *at_ != ',') return broken();
    at_ = past_space(at_ + 1, end_);
  }
  return at_ < end_ || broken();
}

bool ItemWalk::broken() {
  done_ = true;
  ok_ = false;
  return false;
}

std::optional<Member> MemberWalk::next() {
  if (!step()) return std::nullopt;
  Member member;
  auto const* const key = at_ + 1;
  auto const* const after_key = *at_ == '"' ? past_string(key, end_, member.escaped_key) : nullptr;
  auto const* const colon = after_key == nullptr ? end_ : past_space(after_key, end_);
  auto const* const value = colon < end_ && *colon == ':' ? past_space(colon + 1, end_) : end_;
  auto const* const after = past_value(value, end_);
  if (after == nullptr) {
    broken();
    return std::nullopt;
  }
  member.key = between(key, after_key - 1);
  member.value = between(value, after);
  at_ = after;
  return member;
}

std::optional<std::string_view> ElementWalk::next() {
  if (!step()) return std::nullopt;
  auto const* const after = past_value(at_, end_);
  if (after == nullptr) {
    broken();
    return std::nullopt;
  }
  auto const element = between(at_, after);
  at_ = after;
  return element;
}

// ── names ────────────────────────────────────────────────────────────────────

bool Member::unescaped_is(std::string_view name) const { return unquote(key) == name; }

bool Member::unescaped_resembles(std::string_view name) const { return equal_ignoring_case(unquote(key), name); }

bool is_array_of_objects(std::string_view text) {
  ElementWalk walk(text);
  auto any = false;
  while (auto const element = walk.next()) {
    if (!is_object(*element)) return false;
    any = true;
  }
  return any && walk.ok() && skip_space(text, walk.position()) == text.size();
}

std::string_view find_member(std::string_view object, std::string_view name) {
  std::string_view found;
  MemberWalk walk(object);
  while (auto const member = walk.next()) {
    if (member->is(name)) found = member->value;
  }
  return found;
}

}  // namespace gateway::rpc
