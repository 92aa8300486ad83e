#include "gateway/cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>

#include "gateway/base/counted.h"
#include "gateway/cli/check_connect.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/startable.h"
#include "gateway/io/child_guard.h"
#include "gateway/ops/config_needs.h"

namespace gateway::cli {

namespace {

/// What a service declares to need may be missing by intent; what it lacks beside that
/// is a fault.
enum class Standing { Good, Unavailable, Faulty };

Standing report(ops::ServiceConfig const& service, bool looks_for_program, std::ostream& out) {
  if (service.disabled) return Standing::Good;
  auto const is_faulty = !service.faults.empty();
  auto why = ops::why_unavailable(service);
  if (service.available() && looks_for_program) why = why_not_startable(service);
  if (why.empty()) return Standing::Good;
  auto const standing = is_faulty || service.available() ? Standing::Faulty : Standing::Unavailable;
  out << fmt::format("{}: {}: {}\n", standing == Standing::Faulty ? "cannot start" : "unavailable", service.name, why);
  return standing;
}

std::string summary(ops::Config const& config, std::size_t faulty) {
  auto const all = counted(config.services.size(), "service");
  return faulty == 0 ? fmt::format("{}, no errors", all) : fmt::format("{}, {} cannot start", all, faulty);
}

}  // namespace

int check(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto config = load_config(arguments.file, errors);
  if (!config || !keep_services(*config, arguments.services, errors)) return kUsageError;
  for (auto const& warning : config->warnings) out << fmt::format("note: {}: {}\n", warning.path, warning.what);
  auto const faulty = std::count_if(config->services.begin(), config->services.end(), [&](auto const& service) {
    return report(service, !arguments.connect, out) == Standing::Faulty;
  });
  out << fmt::format("{}: {}\n", arguments.file, summary(*config, static_cast<std::size_t>(faulty)));
  if (!arguments.connect) return faulty == 0 ? 0 : 1;
  auto guard = io::ChildGuard::start();
  if (!guard) {
    errors << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  out.flush();
  return check_connect(std::move(*config), std::move(*guard), out) && faulty == 0 ? 0 : 1;
}

}  // namespace gateway::cli
