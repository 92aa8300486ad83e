#include "gateway/base/text_patterns.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <cstring>
#include <numeric>
#include <utility>

namespace gateway {

namespace {

/// For what one pattern is compiled to, and its automaton.
constexpr std::int64_t kMostMemory = 4 << 20;
/// For the automaton of all. Beyond it, each is searched for.
constexpr std::int64_t kMostMemoryOfAll = 16 << 20;
constexpr int kMostInstructions = 10'000;
constexpr std::size_t kMostBytes = 2000;

re2::RE2::Options options(std::int64_t memory) {
  re2::RE2::Options all;
  all.set_log_errors(false);
  all.set_max_mem(memory);
  return all;
}

/// \C fits one byte, and would leave half of a character behind.
bool splits_characters(std::string_view pattern) {
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    if (pattern[++at] == 'C') return true;
  }
  return false;
}

std::optional<std::string> replaced_by_one(re2::RE2 const& pattern, std::string_view text, std::string_view mask,
                                           TextPatterns::Deadline deadline) {
  re2::StringPiece const subject(text.data(), text.size());
  re2::StringPiece match;
  std::optional<std::string> clean;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!pattern.Match(subject, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
    auto const from = static_cast<std::size_t>(match.data() - text.data());
    if (match.empty()) {  // which fault() does not always foresee
      at = from + 1;
      continue;
    }
    if (!clean) clean.emplace();
    clean->append(text, copied, from - copied).append(mask);
    at = copied = from + match.size();
    if (std::chrono::steady_clock::now() > deadline) {
      clean->append(mask);
      return clean;
    }
  }
  if (clean) clean->append(text, copied);
  return clean;
}

}  // namespace

struct TextPatterns::All {
  re2::RE2::Set any{options(kMostMemoryOfAll), re2::RE2::UNANCHORED};
  std::vector<std::unique_ptr<re2::RE2>> each{};
};

std::optional<std::string> TextPatterns::fault(std::string_view pattern) {
  if (pattern.size() > kMostBytes) return fmt::format("it has more than {} bytes", kMostBytes);
  re2::RE2 const one(re2::StringPiece(pattern.data(), pattern.size()), options(kMostMemory));
  if (!one.ok()) return one.error();
  if (one.ProgramSize() > kMostInstructions) return "it is too large";
  if (splits_characters(pattern)) return "\\C does not fit whole characters";
  for (auto const* text : {"", "a"}) {
    re2::StringPiece match;
    if (one.Match(text, 0, std::strlen(text), re2::RE2::UNANCHORED, &match, 1) && match.empty())
      return "it fits an empty text";
  }
  return std::nullopt;
}

Result<TextPatterns> TextPatterns::together(std::vector<std::string> const& patterns) {
  auto all = std::make_unique<All>();
  for (auto const& pattern : patterns) {
    std::string trouble;
    if (all->any.Add(pattern, &trouble) < 0) return Error{trouble};
    all->each.push_back(std::make_unique<re2::RE2>(pattern, options(kMostMemory)));
    if (!all->each.back()->ok()) return Error{all->each.back()->error()};
  }
  if (!all->any.Compile()) return Error{"they are too large together"};
  return TextPatterns(std::move(all));
}

TextPatterns::TextPatterns(std::unique_ptr<All> all) : all_(std::move(all)) {}
TextPatterns::TextPatterns(TextPatterns&&) noexcept = default;
TextPatterns& TextPatterns::operator=(TextPatterns&&) noexcept = default;
TextPatterns::~TextPatterns() = default;

/// All of them where that cannot be found out.
std::vector<int> TextPatterns::occurring_in(std::string_view text) const {
  std::vector<int> found;
  re2::RE2::Set::ErrorInfo trouble{};
  if (all_->any.Match(re2::StringPiece(text.data(), text.size()), &found, &trouble)) return found;
  if (trouble.kind == re2::RE2::Set::kNoError) return {};
  found.resize(all_->each.size());
  std::iota(found.begin(), found.end(), 0);
  return found;
}

std::optional<std::string> TextPatterns::replaced(std::string_view text, std::string_view mask,
                                                  Deadline deadline) const {
  std::optional<std::string> clean;
  if (all_->each.empty()) return clean;
  for (auto const which : occurring_in(text)) {
    auto next = replaced_by_one(*all_->each[static_cast<std::size_t>(which)], clean ? *clean : text, mask, deadline);
    if (next) clean = std::move(next);
  }
  return clean;
}

}  // namespace gateway
