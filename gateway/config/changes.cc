#include "gateway/config/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>

#include "gateway/config/fields.h"

namespace gateway::config {

namespace {

/// What is made of these exists once, and is referred to by what goes on: threads, outputs of the log, exporters, and
/// the addresses that open sessions were told.
constexpr std::array<std::string_view, 12> kFixed{
    "gateway.base_path",  "gateway.loops",       "gateway.busy_poll", "gateway.instance_id",
    "gateway.pool",       "gateway.env",         "gateway.metrics",   "gateway.traces",
    "gateway.log.format", "gateway.log.outputs", "gateway.log.audit", "gateway.limits.max_connections",
};

/// Whether a field is an object of the file that has fields itself.
template <typename Kind>
inline constexpr bool kIsGroup = false;
template <typename Struct>
inline constexpr bool kIsGroup<Group<Struct>> = true;

template <typename Struct>
void find_changes(std::string const& path, Struct const& before, Struct const& after,
                  std::vector<std::string>& changes) {
  for_each_field<Struct>([&](auto const& field) {
    auto const& was = before.*field.member;
    auto const& is = after.*field.member;
    if (was == is) return;
    auto const name = path.empty() ? std::string(field.key) : fmt::format("{}.{}", path, field.key);
    if constexpr (kIsGroup<std::decay_t<decltype(field.kind)>>) {
      find_changes(name, was, is, changes);
    } else {
      changes.push_back(name);
    }
  });
}

ServiceConfig const* find(std::vector<ServiceConfig> const& services, std::string_view name) {
  auto const found = std::ranges::find(services, name, &ServiceConfig::name);
  return found == services.end() || found->disabled ? nullptr : &*found;
}

}  // namespace

Changes changes_between(GatewayConfig const& before, std::vector<ServiceConfig> const& before_services,
                        Config const& after) {
  Changes changes;
  find_changes("gateway", before, after.gateway, changes.settings);
  if (before.groups != after.gateway.groups) changes.settings.emplace_back("groups");
  for (auto const& service : before_services)
    if (find(after.services, service.name) == nullptr) changes.removed.push_back(service.name);
  for (auto const& service : after.services) {
    if (service.disabled) continue;
    auto const* const was = find(before_services, service.name);
    if (was == nullptr) {
      changes.added.push_back(service.name);
    } else if (*was != service) {
      auto& changed = changes.changed.emplace_back(ChangedService{.name = service.name});
      find_changes("", *was, service, changed.fields);
    }
  }
  return changes;
}

std::vector<std::string> fixed_settings(std::vector<std::string> const& settings) {
  std::vector<std::string> fixed;
  std::ranges::copy_if(settings, std::back_inserter(fixed), [](std::string_view setting) {
    return std::ranges::any_of(kFixed, [&](std::string_view each) {
      return setting == each || (setting.starts_with(each) && setting[each.size()] == '.');
    });
  });
  return fixed;
}

}  // namespace gateway::config
