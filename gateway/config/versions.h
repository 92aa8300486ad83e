// Versions of a service: one entry of the configuration that stands for several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// One version of a service, with an entry of its own.
struct VersionEntry {
  ServiceVersion version;
  ConfigPlace place;  ///< where it stands in the file
  Json entry;         ///< the service's, with what is said of the version laid over it
};

/// Whether the entry of a service names versions.
[[nodiscard]] bool has_versions(Json const& entry);

/// The versions that the entry of `service` at `place` names, in the order of the file. The first has the name of the
/// service; others are NAME@VERSION. Nothing where something is wrong, which is reported.
[[nodiscard]] std::vector<VersionEntry> versions_of(ConfigPlace const& place, std::string const& service,
                                                    Json const& entry);

/// What may stand in `versions`, for the schema.
struct VersionsByName {
  /// They were taken out before.
  void read(ConfigPlace const&, Json const&, std::optional<ServiceVersion>&) const {}
  [[nodiscard]] Json schema() const;
  [[nodiscard]] Json show(std::optional<ServiceVersion> const&) const { return nullptr; }
};

}  // namespace gateway::config
