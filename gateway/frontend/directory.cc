#include "gateway/frontend/directory.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gateway::frontend {

namespace {

/// The health of all services is gathered there.
constexpr std::size_t kFirstLoop = 0;

ServiceKey next_after(ServiceKey key) { return ServiceKey{static_cast<std::uint32_t>(raw(key)) + 1}; }

/// The versions of a service are together. The first stands before the others, and has a home by then.
ListedService const* first_version_of(std::vector<ListedService> const& services, ListedService const& version) {
  if (!version.config.version || version.config.is_first_version()) return nullptr;
  auto const found = std::find_if(services.begin(), services.end(), [&](ListedService const& each) {
    return each.config.name == version.config.service_name();
  });
  return found == services.end() ? nullptr : &*found;
}

std::vector<NamedService> named(std::vector<ListedService> const& services) {
  std::vector<NamedService> names;
  names.reserve(services.size());
  for (auto const& service : services) names.push_back({service.key, service.config.name});
  return names;
}

}  // namespace

std::vector<ListedService> Directory::list(std::vector<config::ServiceConfig> configs, std::size_t loops,
                                           metrics::Metrics& metrics) {
  return Directory({}, {.loops = loops}).list_next(std::move(configs), metrics);
}

std::vector<ListedService> Directory::list_next(std::vector<config::ServiceConfig> configs,
                                                metrics::Metrics& metrics) const {
  std::vector<ListedService> services;
  std::vector<std::size_t> homes(loops_);
  for (auto& config : configs) {
    auto& probe = metrics.service(config.name);
    ListedService listed{.config = std::move(config), .probe = &probe};
    if (auto const* const known = find(listed.config.name)) {
      listed.key = known->key;
      listed.home = known->home;
      ++homes[listed.home];
    }
    services.push_back(std::move(listed));
  }
  auto last = last_key_;
  for (auto& listed : services) {
    if (listed.key != ServiceKey{}) continue;
    listed.key = last = next_after(last);
    auto const had = homes_.find(listed.config.name);
    auto const emptiest = static_cast<std::size_t>(std::min_element(homes.begin(), homes.end()) - homes.begin());
    auto const* const first = first_version_of(services, listed);
    listed.home = first != nullptr ? first->home : had != homes_.end() ? had->second : emptiest;
    ++homes[listed.home];
  }
  return services;
}

Directory::Layout Directory::next_layout(std::string base_path) const {
  return {.loops = loops_,
          .single = endpoints_.is_single(),
          .base_path = std::move(base_path),
          .generation = generation_,
          .last_key = last_key_,
          .homes = homes_};
}

Directory::Directory(std::vector<ListedService> services, Layout layout)
    : services_(std::move(services)),
      loops_(layout.loops),
      generation_(layout.generation),
      last_key_(layout.last_key),
      homes_(std::move(layout.homes)),
      endpoints_(named(services_), layout.single, std::move(layout.base_path)) {
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

std::optional<std::size_t> Directory::home_of(http::ListenerTag listener, http::RequestHead const& head) const {
  auto const endpoint = endpoints_.find(listener, head.host, head.path);
  if (!endpoint) return std::nullopt;
  if (endpoint->service) return find(*endpoint->service)->home;
  if (endpoint->door == Door::Health) return kFirstLoop;
  return tokens().loop_of(session_token(head.query));
}

}  // namespace gateway::frontend
