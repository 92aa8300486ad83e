#include "gateway/config/versions.h"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "gateway/config/kinds.h"
#include "gateway/config/text.h"

namespace gateway::config {

namespace {

constexpr std::string_view kVersions = "versions";
constexpr std::string_view kWeight = "weight";
constexpr std::size_t kMost = 8;

/// What is said once, of the service: clients reach all its versions in one way.
constexpr std::array<std::string_view, 6> kOfService{"listen",          "tls",    "required",
                                                     "required_scopes", "canary", "versions"};

bool names_fit(ConfigPlace const& place, Json const& versions) {
  if (!versions.is_object()) {
    place.mismatch_hidden("an object of versions by name", versions);
    return false;
  }
  if (versions.size() < 2 || versions.size() > kMost) {
    place.error(fmt::format("expected 2..{} versions, found {}", kMost, versions.size()));
    return false;
  }
  auto good = true;
  for (auto const& [name, version] : versions.items()) {
    auto const at = place.member(name);
    if (!is_plain_name(name)) at.error("expected a name of 1..64 of A-Z a-z 0-9 . _ -");
    if (!version.is_object()) at.mismatch_hidden("an object", version);
    good = good && !at.has_errors();
  }
  return good;
}

bool holds_only_its_own(ConfigPlace const& place, Json const& version) {
  auto good = true;
  for (auto const key : kOfService) {
    if (!version.contains(key)) continue;
    place.member(key).error("expected beside versions: it holds for all of them");
    good = false;
  }
  return good;
}

/// In percent, by version. Of those that name none, the first has what is left, and others nothing.
std::optional<std::vector<std::size_t>> weights_of(ConfigPlace const& place, Json const& versions) {
  std::vector<std::size_t> weights(versions.size());
  auto rest = true;
  std::size_t i = 0;
  for (auto const& [name, version] : versions.items()) {
    auto const at = place.member(name).member(kWeight);
    if (version.contains(kWeight)) {
      Count{0, 100}.read(at, version[std::string(kWeight)], weights[i]);
      if (at.has_errors()) return std::nullopt;
      if (i == 0) rest = false;
    }
    ++i;
  }
  auto const sum = std::accumulate(weights.begin(), weights.end(), std::size_t{0});
  if (rest && sum <= 100) weights.front() = 100 - sum;
  if (rest ? sum <= 100 : sum == 100) return weights;
  place.error(fmt::format("expected weights of 100 in all, found {}", sum));
  return std::nullopt;
}

Json laid_over(Json const& service, Json const& version, bool is_first) {
  auto entry = service;
  entry.erase(std::string(kVersions));
  if (!is_first)
    for (auto const* const key : {"listen", "tls", "required", "canary"}) entry.erase(key);
  auto own = version;
  own.erase(std::string(kWeight));
  entry.merge_patch(own);
  return entry;
}

}  // namespace

bool has_versions(Json const& entry) { return entry.is_object() && has(entry, kVersions); }

std::vector<VersionEntry> versions_of(ConfigPlace const& place, std::string const& service, Json const& entry) {
  auto const at = place.member(kVersions);
  auto const& versions = entry[std::string(kVersions)];
  if (!names_fit(at, versions)) return {};
  auto const weights = weights_of(at, versions);
  if (!weights) return {};
  std::vector<VersionEntry> found;
  for (auto const& [name, version] : versions.items()) {
    if (!holds_only_its_own(at.member(name), version)) return {};
    auto const is_first = found.empty();
    if (is_first && (version.value("disabled", Json{}) == true || version.value("enabled", Json{}) == false)) {
      at.member(name).error("expected a first version that is not disabled: the service has its name");
      return {};
    }
    found.push_back({.version = {.service = service, .name = name, .weight = (*weights)[found.size()]},
                     .place = is_first ? place : at.member(name),
                     .entry = laid_over(entry, version, is_first)});
  }
  return found;
}

Json VersionsByName::schema() const {
  auto weight = Count{0, 100}.schema();
  weight["description"] =
      "Percentage of owners whose sessions this version gets. The first version without one has what the others leave.";
  return {{"type", "object"},
          {"additionalProperties",
           {{"type", "object"},
            {"description", "The weight, and fields of a service in which this version differs from it."},
            {"properties", {{"weight", std::move(weight)}}}}}};
}

}  // namespace gateway::config
