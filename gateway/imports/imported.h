// What becomes of the configuration of another program.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "gateway/config/json.h"
#include "gateway/config/reader.h"

namespace gateway::imports {

using config::Json;

/// What was not taken over, or not as it stood.
struct Remark {
  std::string path;  ///< where it stood, as `servers.github.envFile`
  std::string what;

  bool operator==(Remark const&) const = default;
};
using Remarks = std::vector<Remark>;

/// A configuration of ours, and what there is to say of how it came about.
struct Imported {
  Json config = Json::object();
  Remarks remarks{};
  std::vector<std::string> variables{};  ///< of the environment, which it refers to without a default
  std::map<std::string, std::string, std::less<>> origins{};  ///< of each service: where it stood
};

using Outcome = std::variant<Imported, config::ConfigErrors>;

/// One thing is wrong, and nothing can be made of the rest.
[[nodiscard]] inline Outcome refused(std::string path, std::string what) {
  return config::ConfigErrors{.errors = {{std::move(path), std::move(what)}}};
}

}  // namespace gateway::imports
