// From what is wanted and what this system can do to what is done.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/sandbox/own_files.h"
#include "gateway/sandbox/plan.h"
#include "gateway/sandbox/support.h"

namespace gateway::sandbox {

/// What is looked up of the machine.
struct Machine {
  Files files;
  /// The user of a name; empty where there is none.
  std::function<std::optional<Account>(std::string const& name)> account;
};

[[nodiscard]] Machine this_machine();

struct Decision {
  Plan plan{};
  /// Why the service cannot be started, in words that follow its name; empty when it can.
  std::vector<std::string> missing{};
  /// What this system cannot do, and need not.
  std::vector<std::string> lacking{};

  bool operator==(Decision const&) const = default;
};

/// For a service that has a sandbox. `program` is the path of its program, or empty where it was not found; `home` is its
/// home directory.
[[nodiscard]] Decision decide(config::ServiceConfig const& service, std::string const& program, std::string const& home,
                              Support const& support, Machine const& machine);

}  // namespace gateway::sandbox
