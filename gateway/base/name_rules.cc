#include "gateway/base/name_rules.h"

#include <algorithm>

#include "gateway/base/plain_uri.h"

namespace gateway {

bool fits_pattern(std::string_view pattern, std::string_view text) {
  // Where a character does not fit, the last `*` takes one more: earlier ones never have to.
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t taken = 0;  // where the text goes on after what that `*` took
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_everything(std::vector<std::string> const& patterns) { return patterns.size() == 1 && patterns.front() == "*"; }

bool fits_any(std::vector<std::string> const& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [text](auto const& pattern) { return fits_pattern(pattern, text); });
}

bool NameRules::allows(std::string_view name) const {
  auto const is_unclear = are_uris && !is_plain_uri(name);
  for (auto const& rule : rules) {
    if (is_unclear && !rule.patterns.empty() && !is_everything(rule.patterns)) return false;
    if (rule.patterns.empty() || fits_any(rule.patterns, name)) return rule.allow;
  }
  return otherwise;
}

bool NameRules::allow_all() const {
  for (auto const& rule : rules) {
    if (!rule.allow) return false;
    if (rule.patterns.empty() || is_everything(rule.patterns)) return true;
    if (are_uris) return false;
  }
  return otherwise;
}

}  // namespace gateway
