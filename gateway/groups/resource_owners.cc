#include "gateway/groups/resource_owners.h"

#include <algorithm>

#include "gateway/base/name_rules.h"

namespace gateway::groups {

namespace {

/// RFC 6570: an expression is in braces. A `*` outside of them fits any character here, too, which does no harm.
std::string pattern_of(std::string_view uri_template) {
  std::string pattern;
  while (!uri_template.empty()) {
    auto const open = std::min(uri_template.find('{'), uri_template.size());
    pattern.append(uri_template.substr(0, open));
    auto const close = uri_template.find('}', open);
    if (close == std::string_view::npos) {
      pattern.append(uri_template.substr(open));
      break;
    }
    pattern.push_back('*');
    uri_template.remove_prefix(close + 1);
  }
  return pattern;
}

}  // namespace

void ResourceOwners::learn_templates(std::size_t member, std::vector<std::string> const& templates) {
  templates_[member].clear();
  for (auto const& each : templates) templates_[member].emplace_back(each, pattern_of(each));
}

std::optional<std::size_t> ResourceOwners::owner_of(std::string_view uri) const {
  for (std::size_t member = 0; member < uris_.size(); ++member)
    if (std::ranges::find(uris_[member], uri) != uris_[member].end()) return member;
  for (std::size_t member = 0; member < templates_.size(); ++member) {
    auto const fits = std::ranges::any_of(templates_[member], [&](auto const& each) {
      // One that begins with an expression, as {+uri} does, says nothing of whose it is.
      return each.first == uri || (!each.second.starts_with('*') && fits_pattern(each.second, uri));
    });
    if (fits) return member;
  }
  return std::nullopt;
}

}  // namespace gateway::groups
