// A configuration made of several files: those it includes, and what it lays
// over their services.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gateway/config/json.h"

namespace gateway::config {

/// Replaces `${dir}` in every text of `value` by the folder of the file it stands
/// in. Done before files are put together, because each has a folder of its own.
void set_folder(Json& value, std::string_view folder);

/// The services of all included files, each as its own file has it.
struct IncludedServices {
  Json entries = Json::object();  ///< by name, in the order of the files
  /// A name to its file, as the including file calls it.
  std::map<std::string, std::string, std::less<>> file_of;
};

/// Reads the files that `list`, the value of `include` at `place`, names; relative
/// ones from `folder`. What cannot be read or is no part of a configuration is
/// reported at its place.
[[nodiscard]] IncludedServices read_included(ConfigPlace const& place, Json const& list, std::string_view folder,
                                             Environment const& environment);

/// Lays the entries of `services` that have an included one's name over it, field
/// by field, and takes them out: objects are merged, everything else is replaced,
/// and null takes away (RFC 7396).
void lay_over(IncludedServices& included, Json& services);

}  // namespace gateway::config
