#include "gateway/groups/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>

namespace gateway::groups {

namespace {

/// FNV-1a: the same on every machine and in every version.
std::uint32_t checksum(std::string_view text) {
  std::uint32_t sum = 2166136261U;
  for (auto const c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
  return sum;
}

/// Names that are added to those known of a member, at most. Above, the last ones count.
constexpr std::size_t kMostAdded = 10'000;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string shortened(std::string name, std::size_t limit) {
  if (name.size() <= limit) return name;
  auto const sum = fmt::format("_{:08x}", checksum(name));
  auto keep = limit - std::min(limit, sum.size());
  while (keep > 0 && is_continuation(name[keep])) --keep;
  return name.substr(0, keep) + sum;
}

Catalog::Catalog(config::GroupConfig const& config)
    : prefix_(config.prefix), separator_(config.separator), limit_(longest_name(config)) {
  for (auto const& member : config.members) aliases_.push_back(member.alias);
  known_.resize(aliases_.size());
  given_.resize(aliases_.size());
}

void Catalog::learn(std::size_t member, std::vector<std::string> names, bool adds) {
  auto& known = known_[member];
  if (adds && known && known->size() < kMostAdded) names.insert(names.end(), known->begin(), known->end());
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (known == names) return;
  known = std::move(names);
  name_all();
}

std::string Catalog::with_alias(std::size_t member, std::string_view own) const {
  return fmt::format("{}{}{}", aliases_[member], separator_, own);
}

void Catalog::name_all() {
  found_.clear();
  for (auto& given : given_) given.clear();
  std::map<std::string_view, std::size_t> had;
  for (auto const& names : known_) {
    if (!names) continue;
    for (auto const& name : *names) ++had[name];
  }
  auto const is_prefixed = [&](std::string const& own) {
    return prefix_ == config::NamePrefix::Always || (prefix_ == config::NamePrefix::Conflict && had.at(own) > 1);
  };
  // Those with a prefix first: one without that is the same as such a name gets a prefix, too.
  for (auto const prefixed : {true, false}) {
    for (std::size_t member = 0; member < known_.size(); ++member) {
      if (!known_[member]) continue;
      for (auto const& own : *known_[member])
        if (is_prefixed(own) == prefixed) give_name(member, own, prefixed);
    }
  }
}

/// The name of a thing does not depend on what else is known, where all have prefixes: a__b with c is told from a with
/// b__c by the aliases alone. The longer alias has the plain name, and the other one a checksum.
bool Catalog::reads_as_anothers(std::size_t member, std::string_view full) const {
  return std::ranges::any_of(aliases_, [&](std::string const& alias) {
    return alias.size() > aliases_[member].size() && full.starts_with(alias + separator_);
  });
}

void Catalog::give_name(std::size_t member, std::string const& own, bool prefixed) {
  auto const full = with_alias(member, own);
  auto const told_apart = [&] {
    return shortened(fmt::format("{}_{:08x}", full, checksum(fmt::format("{}\n{}", aliases_[member], own))), limit_);
  };
  auto name = !prefixed                         ? shortened(own, limit_)
              : reads_as_anothers(member, full) ? told_apart()
                                                : shortened(full, limit_);
  if (found_.contains(name) && !prefixed) {
    if (prefix_ == config::NamePrefix::Never) return;
    name = shortened(full, limit_);
  }
  if (found_.contains(name)) name = told_apart();
  if (found_.contains(name)) return;
  found_.emplace(name, Found{member, own});
  given_[member].emplace(own, std::move(name));
}

std::string_view Catalog::name_of(std::size_t member, std::string_view own) const {
  auto const found = given_[member].find(own);
  return found == given_[member].end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<Catalog::Found> Catalog::find(std::string_view name) const {
  if (auto const found = found_.find(name); found != found_.end()) return found->second;
  if (prefix_ != config::NamePrefix::Always) return std::nullopt;
  std::optional<Found> best;
  std::size_t longest = 0;
  for (std::size_t member = 0; member < aliases_.size(); ++member) {
    auto const front = aliases_[member] + separator_;
    if (!name.starts_with(front) || name.size() == front.size() || front.size() <= longest) continue;
    longest = front.size();
    best = Found{member, std::string(name.substr(front.size()))};
  }
  return best;
}

}  // namespace gateway::groups
