#include "gateway/frontend/directory.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace gateway::frontend {

namespace {

/// The health of all services is gathered there.
constexpr std::size_t kFirstLoop = 0;

ServiceKey next_after(ServiceKey key) { return ServiceKey{static_cast<std::uint32_t>(raw(key)) + 1}; }

/// Those that have to live together with a service: other versions of it, and the members of its groups.
bool belong_together(config::ServiceConfig const& a, config::ServiceConfig const& b,
                     std::vector<config::GroupConfig> const& groups) {
  if (a.service_name() == b.service_name()) return true;
  return std::ranges::any_of(groups, [&](config::GroupConfig const& group) {
    auto const has = [&](config::ServiceConfig const& service) {
      return std::ranges::find(group.members, service.service_name(), &config::GroupMember::service) !=
             group.members.end();
    };
    return has(a) && has(b);
  });
}

/// For each service a number that those share which have to live together, also through others.
std::vector<std::size_t> sets_of(std::vector<ListedService> const& services,
                                 std::vector<config::GroupConfig> const& groups) {
  std::vector<std::size_t> sets(services.size());
  for (std::size_t i = 0; i < services.size(); ++i) {
    sets[i] = i;
    for (std::size_t before = 0; before < i; ++before) {
      if (sets[before] == sets[i] || !belong_together(services[before].config, services[i].config, groups)) continue;
      std::replace(sets.begin(), sets.begin() + static_cast<std::ptrdiff_t>(i) + 1, sets[i], sets[before]);
    }
  }
  return sets;
}

std::vector<NamedService> named(std::vector<ListedService> const& services, std::vector<ListedGroup> const& groups) {
  std::vector<NamedService> names;
  for (auto const& service : services) names.push_back({service.key, service.config.name});
  for (auto const& group : groups) names.push_back({group.service.key, group.config.name});
  return names;
}

std::optional<ServiceKey> at_root(std::vector<ListedGroup> const& groups) {
  auto const found = std::ranges::find_if(groups, [](ListedGroup const& group) { return group.config.at_root; });
  return found == groups.end() ? std::nullopt : std::optional(found->service.key);
}

}  // namespace

Directory::Listed Directory::list(std::vector<config::ServiceConfig> configs,
                                  std::vector<config::GroupConfig> const& groups, std::size_t loops,
                                  metrics::Metrics& metrics) {
  return Directory({}, {.loops = loops}).list_next(std::move(configs), groups, metrics);
}

Directory::Listed Directory::list_next(std::vector<config::ServiceConfig> configs,
                                       std::vector<config::GroupConfig> const& groups,
                                       metrics::Metrics& metrics) const {
  Listed listed;
  auto& services = listed.services;
  std::vector<std::size_t> homes(loops_);
  for (auto& config : configs) {
    auto& probe = metrics.service(config.name);
    ListedService next{.config = std::move(config), .probe = &probe};
    if (auto const* const known = find(next.config.name)) {
      next.key = known->key;
      next.home = known->home;
      ++homes[next.home];
    }
    services.push_back(std::move(next));
  }
  auto const sets = sets_of(services, groups);
  auto last = last_key_;
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (services[i].key != ServiceKey{}) continue;
    services[i].key = last = next_after(last);
    auto const had = homes_.find(services[i].config.name);
    auto const emptiest = static_cast<std::size_t>(std::min_element(homes.begin(), homes.end()) - homes.begin());
    services[i].home = had != homes_.end() ? had->second : emptiest;
    for (std::size_t other = 0; other < services.size(); ++other) {
      auto const has_home = other < i || services[other].key <= last_key_;
      if (other == i || sets[other] != sets[i] || !has_home || services[other].key == ServiceKey{}) continue;
      services[i].home = services[other].home;
      break;
    }
    ++homes[services[i].home];
  }
  for (auto const& group : groups) listed.groups.push_back(list_group(group, services, last, metrics));
  return listed;
}

/// It lives where its members do.
ListedGroup Directory::list_group(config::GroupConfig const& config, std::vector<ListedService> const& services,
                                  ServiceKey& last, metrics::Metrics& metrics) const {
  ListedGroup group{.config = config};
  group.service.config.name = config.name;
  group.service.config.required_scopes = config.required_scopes;
  // Calls and sessions are counted at the members; that it has no child must not look like one that is down.
  group.service.probe = &metrics.service(config.name);
  metrics.hide_service(config.name);
  std::erase_if(group.config.members, [&](config::GroupMember const& member) {
    auto const found = std::ranges::find_if(
        services, [&](ListedService const& service) { return service.config.name == member.service; });
    if (found == services.end()) return true;
    group.members.push_back(found->key);
    group.service.home = found->home;
    return false;
  });
  auto const known =
      std::ranges::find_if(groups_, [&](ListedGroup const& each) { return each.config.name == config.name; });
  group.service.key = known != groups_.end() ? known->service.key : last = next_after(last);
  return group;
}

std::vector<std::string> Directory::split_groups(std::vector<config::GroupConfig> const& groups) const {
  // As all their members would be, those that are not there yet, too: they join groups.
  std::vector<ListedService> members;
  for (auto const& group : groups) {
    for (auto const& member : group.members) {
      auto const is_there =
          std::ranges::any_of(members, [&](ListedService const& each) { return each.config.name == member.service; });
      if (!is_there) members.push_back({.config = {.name = member.service}});
    }
  }
  auto const sets = sets_of(members, groups);
  std::map<std::size_t, std::set<std::size_t>> homes;
  std::map<std::string, std::size_t> set_of;
  for (std::size_t i = 0; i < members.size(); ++i) {
    set_of[members[i].config.name] = sets[i];
    if (auto const* const known = find(members[i].config.name)) homes[sets[i]].insert(known->home);
  }
  std::vector<std::string> split;
  for (auto const& group : groups)
    if (!group.members.empty() && homes[set_of[group.members.front().service]].size() > 1) split.push_back(group.name);
  return split;
}

Directory::Layout Directory::next_layout(std::string base_path) const {
  return {.loops = loops_,
          .single = endpoints_.is_single(),
          .base_path = std::move(base_path),
          .generation = generation_,
          .last_key = last_key_,
          .homes = homes_};
}

Directory::Directory(Listed listed, Layout layout)
    : services_(std::move(listed.services)),
      groups_(std::move(listed.groups)),
      loops_(layout.loops),
      generation_(layout.generation),
      last_key_(layout.last_key),
      homes_(std::move(layout.homes)),
      endpoints_(named(services_, groups_), layout.single, std::move(layout.base_path), at_root(groups_)) {
  for (auto const& group : groups_) {
    by_key_.put(group.service.key, &group.service);
    last_key_ = std::max(last_key_, group.service.key);
  }
  for (auto const& service : services_) {
    by_key_.put(service.key, &service);
    last_key_ = std::max(last_key_, service.key);
    homes_.insert_or_assign(service.config.name, service.home);
  }
}

std::vector<std::string> Directory::names() const {
  std::vector<std::string> names;
  for (auto const& service : services_) names.push_back(service.config.name);
  return names;
}

std::vector<config::ServiceConfig> Directory::configs() const {
  std::vector<config::ServiceConfig> configs;
  for (auto const& service : services_) configs.push_back(service.config);
  return configs;
}

ListedService const* Directory::find(ServiceKey key) const {
  auto const* const found = by_key_.find(key);
  return found == nullptr ? nullptr : *found;
}

ListedService const* Directory::find(std::string_view name) const {
  auto const found =
      std::find_if(services_.begin(), services_.end(), [&](auto const& each) { return each.config.name == name; });
  return found == services_.end() ? nullptr : &*found;
}

ListedGroup const* Directory::find_group(ServiceKey key) const {
  auto const found = std::ranges::find_if(groups_, [&](ListedGroup const& group) { return group.service.key == key; });
  return found == groups_.end() ? nullptr : &*found;
}

std::optional<std::size_t> Directory::home_of(http::ListenerTag listener, http::RequestHead const& head) const {
  auto const endpoint = endpoints_.find(listener, head.host, head.path);
  if (!endpoint) return std::nullopt;
  if (endpoint->service) return find(*endpoint->service)->home;
  if (endpoint->door == Door::Health) return kFirstLoop;
  return tokens().loop_of(session_token(head.query));
}

}  // namespace gateway::frontend
