// A profile: a file with what differs in one environment, laid over a configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// What a profile changed, for errors: whoever reads one has to know in which of the two files to look.
class LaidOver {
 public:
  LaidOver() = default;
  LaidOver(std::string name, std::vector<std::string> paths) : name_(std::move(name)), paths_(std::move(paths)) {}

  /// Puts the name of the profile's file before the paths of what stands there.
  void name_file(ConfigReport& report) const;

 private:
  [[nodiscard]] bool has(std::string_view path) const;

  std::string name_;
  std::vector<std::string> paths_;  ///< of what it replaced, added or took away, with all that is below
};

/// Lays the profile over `file`, field by field: objects are merged, everything else is replaced, and null takes away
/// (RFC 7396). What is wrong with it as a file is reported.
[[nodiscard]] LaidOver lay_profile(ConfigReport& report, Profile const& profile, Json& file);

/// Whether a profile may have this name: it is a file's.
[[nodiscard]] bool is_profile_name(std::string_view name);

/// The configuration as one file that needs no other: with the profile, what it includes, and absolute folders for
/// `${dir}`. Variables and files of values stay as they are written. Empty if it cannot be read as a tree.
[[nodiscard]] std::optional<Json> whole_config(std::string_view text, Environment const& environment,
                                               std::string_view folder, Profile const* profile);

}  // namespace gateway::config
