#include "gateway/cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/counted.h"
#include "gateway/cli/check_connect.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/cli/rights_of.h"
#include "gateway/cli/sandboxes.h"
#include "gateway/cli/startable.h"
#include "gateway/config/needs.h"
#include "gateway/io/child_guard.h"

namespace gateway::cli {

namespace {

/// What services lack, each thing once however many lack it.
class Missing {
 public:
  void add(config::ServiceConfig const& service) {
    ++services_;
    for (auto const& need : service.unmet) {
      auto const known = std::ranges::find(things_, need, &Thing::what);
      if (known == things_.end())
        things_.push_back({need, service.name});
      else
        known->whose += ", " + service.name;
    }
  }

  void tell(std::ostream& out) const {
    for (auto const& thing : things_) out << fmt::format("missing: {}; for {}\n", thing.what, thing.whose);
  }

  /// The services that lack something.
  [[nodiscard]] std::size_t services() const { return services_; }

 private:
  struct Thing {
    std::string what;
    std::string whose;
  };
  std::vector<Thing> things_;
  std::size_t services_ = 0;
};

/// Why a service cannot start although it lacks nothing it says it needs; empty when it can. What it does say may be
/// missing by intent.
std::string fault_of(config::ServiceConfig const& service, bool looks_for_program) {
  if (!service.faults.empty()) return config::why_unavailable(service);
  return service.unmet.empty() && looks_for_program ? why_not_startable(service) : std::string();
}

std::string summary(config::Config const& config, std::size_t faulty, std::size_t lacking) {
  auto text = counted(config.services.size(), "service");
  if (!config.gateway.groups.empty()) text += " and " + counted(config.gateway.groups.size(), "group");
  text += faulty == 0 ? ", no errors" : fmt::format(", {} cannot start", faulty);
  if (lacking > 0) text += fmt::format("; {} not started until what is missing is there", lacking);
  return text;
}

}  // namespace

int check(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto config = load_config(arguments.config(), errors);
  if (!config || !keep_services(*config, arguments.services, errors)) return kUsageError;
  auto const support = support_for(*config);
  find_sandbox_faults(*config, support);
  for (auto const& warning : config->warnings) out << fmt::format("note: {}: {}\n", warning.path, warning.what);
  std::size_t faulty = 0;
  Missing missing;
  for (auto const& service : config->services) {
    if (service.disabled) continue;
    auto fault = fault_of(service, !arguments.connect);
    if (fault.empty() && service.unmet.empty()) fault = missing_path(service, support);
    if (!fault.empty()) {
      ++faulty;
      out << fmt::format("cannot start: {}: {}\n", service.name, fault);
    } else if (!service.unmet.empty()) {
      missing.add(service);
    }
    tell_sandbox(service, support, out);
  }
  if (!arguments.connect) missing.tell(out);  // else each service tells for itself
  out << fmt::format("{}: {}\n", name_of_config(arguments.file), summary(*config, faulty, missing.services()));
  std::optional<RightsOf> rights;
  if (!arguments.asked.name.empty()) {
    auto found = RightsOf::find(*config, arguments.asked);
    if (!found) {
      errors << found.error().what << '\n';
      return kUsageError;
    }
    rights.emplace(*std::move(found));
    rights->write(out, config->services);
  }
  if (!arguments.connect) return faulty == 0 ? 0 : 1;
  auto guard = io::ChildGuard::start();
  if (!guard) {
    errors << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  out.flush();
  return check_connect(*config, support, std::move(*guard), rights ? &*rights : nullptr, out) && faulty == 0 ? 0 : 1;
}

}  // namespace gateway::cli
