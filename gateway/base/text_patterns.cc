#include "gateway/base/text_patterns.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cstring>
#include <utility>

namespace gateway {

namespace {

/// For the automata of all patterns together. Beyond it RE2 searches more slowly, or refuses to.
constexpr std::int64_t kMostMemory = 16 << 20;

re2::RE2::Options options() {
  re2::RE2::Options all;
  all.set_log_errors(false);
  all.set_max_mem(kMostMemory);
  return all;
}

std::string alternatives(std::vector<std::string> const& patterns) {
  std::string all;
  for (auto const& pattern : patterns) all += fmt::format("{}(?:{})", all.empty() ? "" : "|", pattern);
  return all;
}

}  // namespace

std::optional<std::string> TextPatterns::fault(std::string_view pattern) {
  re2::RE2 const one(re2::StringPiece(pattern.data(), pattern.size()), options());
  if (!one.ok()) return one.error();
  re2::RE2 const in_group(fmt::format("(?:{})", pattern), options());  // \Q without \E would swallow the others
  if (!in_group.ok()) return in_group.error();
  for (auto const* text : {"", "a"}) {
    re2::StringPiece match;
    if (one.Match(text, 0, std::strlen(text), re2::RE2::UNANCHORED, &match, 1) && match.empty())
      return "it fits an empty text";
  }
  return std::nullopt;
}

std::string TextPatterns::literal(std::string_view text) {
  return re2::RE2::QuoteMeta(re2::StringPiece(text.data(), text.size()));
}

Result<TextPatterns> TextPatterns::together(std::vector<std::string> const& patterns) {
  auto any = std::make_unique<re2::RE2>(alternatives(patterns), options());
  if (!any->ok()) return Error{any->error()};
  return TextPatterns(std::move(any));
}

TextPatterns::TextPatterns(std::unique_ptr<re2::RE2> any) : any_(std::move(any)) {}
TextPatterns::TextPatterns(TextPatterns&&) noexcept = default;
TextPatterns& TextPatterns::operator=(TextPatterns&&) noexcept = default;
TextPatterns::~TextPatterns() = default;

std::optional<std::string> TextPatterns::replaced(std::string_view text, std::string_view mask) const {
  re2::StringPiece const subject(text.data(), text.size());
  re2::StringPiece match;
  std::optional<std::string> clean;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!any_->Match(subject, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
    auto const from = static_cast<std::size_t>(match.data() - text.data());
    if (match.empty()) {  // which fault() does not always foresee
      at = from + 1;
      continue;
    }
    if (!clean) clean.emplace();
    clean->append(text, copied, from - copied).append(mask);
    at = copied = from + match.size();
  }
  if (clean) clean->append(text, copied);
  return clean;
}

}  // namespace gateway
