#include "gateway/frontend/versions.h"

#include <algorithm>
#include <utility>

namespace gateway::frontend {

namespace {

constexpr std::uint64_t kPoints = 10'000;  ///< of which a percent is a hundred
constexpr std::uint64_t kPointsOfPercent = kPoints / 100;

/// FNV-1a, with the end of each text marked.
void mix_in(std::uint64_t& number, std::string_view text) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (auto const c : text) number = (number ^ static_cast<unsigned char>(c)) * kPrime;
  number = (number ^ 0x1ff) * kPrime;
}

/// Neighbours are far from each other then (the finalizer of MurmurHash3).
std::uint64_t scattered(std::uint64_t number) {
  number = (number ^ (number >> 33)) * 0xff51afd7ed558ccd;
  number = (number ^ (number >> 33)) * 0xc4ceb9fe1a85ec53;
  return number ^ (number >> 33);
}

}  // namespace

std::uint64_t owner_number(std::string_view service, std::string_view principal, std::string_view key) {
  std::uint64_t number = 0xcbf29ce484222325;
  mix_in(number, service);
  mix_in(number, principal);
  mix_in(number, key);
  return scattered(number);
}

void Versions::take_up(Directory const& directory, std::size_t loop) {
  auto const before = std::exchange(sets_, {});
  services_.clear();
  for (auto const& first : directory.services()) {
    if (first.home != loop || !first.config.is_first_version()) continue;
    Set set{.service = first.key};
    for (auto const& each : directory.services()) {
      if (each.config.version && each.config.service_name() == first.config.name)
        set.versions.push_back(
            {.key = each.key, .configured = each.config.version->weight, .weight = each.config.version->weight});
    }
    auto const* const known = before.find(first.key);
    if (known != nullptr) {
      auto const keep_weights = is_same(*known, set);
      for (auto& version : set.versions) {
        auto const was = std::ranges::find(known->versions, version.key, &Version::key);
        if (was == known->versions.end()) continue;
        version.is_admitted = was->is_admitted;
        if (keep_weights) version.weight = was->weight;
      }
    }
    services_.push_back(first.key);
    sets_.put(first.key, std::move(set));
  }
}

bool Versions::is_same(Set const& before, Set const& after) {
  return std::ranges::equal(before.versions, after.versions, [](Version const& a, Version const& b) {
    return a.key == b.key && a.configured == b.configured;
  });
}

void Versions::set_weights(ServiceKey service, VersionWeights const& weights) {
  auto* const set = sets_.find(service);
  if (set == nullptr) return;
  for (auto& version : set->versions) {
    auto const named = std::ranges::find(weights, version.key, &VersionWeights::value_type::first);
    version.weight = named == weights.end() ? 0 : named->second;
  }
}

bool Versions::report(ServiceKey key, bool is_healthy, bool serves) {
  for (auto const service : services_) {
    for (auto& version : sets_.find(service)->versions) {
      auto const was = version.is_admitted;
      if (version.key != key) continue;
      version.is_admitted = is_healthy || (was && serves);
      return version.is_admitted != was;
    }
  }
  return false;
}

std::vector<ServiceKey> Versions::all() const {
  std::vector<ServiceKey> keys;
  for (auto const service : services_)
    for (auto const& version : sets_.find(service)->versions) keys.push_back(version.key);
  return keys;
}

std::vector<ServiceKey> Versions::of(ServiceKey service) const {
  auto const* const set = sets_.find(service);
  if (set == nullptr) return {service};
  std::vector<ServiceKey> keys;
  for (auto const& version : set->versions) keys.push_back(version.key);
  return keys;
}

bool Versions::is_reached(ServiceKey version, ServiceKey service) const {
  if (version == service) return true;
  auto const* const set = sets_.find(service);
  return set != nullptr && std::ranges::any_of(set->versions, [&](auto const& each) { return each.key == version; });
}

/// The last version has the lowest points, so that one that is added after another grows from there.
ServiceKey Versions::choose(ServiceKey service, std::optional<std::uint64_t> owner) {
  auto* const set = sets_.find(service);
  if (set == nullptr) return service;
  // Multiples of an odd number, so that any few in a row are spread over all points.
  constexpr std::uint64_t kStride = 6'181;
  auto const point = owner ? *owner % kPoints : set->spread++ * kStride % kPoints;
  std::uint64_t up_to = 0;
  Version const* chosen = &set->versions.front();
  for (auto version = set->versions.rbegin(); version != set->versions.rend(); ++version) {
    up_to += version->weight * kPointsOfPercent;
    if (point >= up_to) continue;
    chosen = &*version;
    break;
  }
  if (chosen->is_admitted) return chosen->key;
  auto const other =
      std::ranges::find_if(set->versions, [](Version const& each) { return each.is_admitted && each.weight > 0; });
  if (other != set->versions.end()) return other->key;
  return set->versions.front().weight > 0 ? set->versions.front().key : chosen->key;
}

}  // namespace gateway::frontend
