#include "gateway/cli/check.h"

#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "gateway/cli/check_connect.h"
#include "gateway/cli/load_config.h"
#include "gateway/io/child_guard.h"
#include "gateway/ops/config_needs.h"

namespace gateway::cli {

int check(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto config = load_config(arguments.file, errors);
  if (!config || !keep_services(*config, arguments.services, errors)) return kUsageError;
  for (auto const& warning : config->warnings) out << fmt::format("note: {}: {}\n", warning.path, warning.what);
  for (auto const& service : config->services) {
    if (service.disabled || service.unmet.empty()) continue;
    out << fmt::format("unavailable: {}: {}\n", service.name, ops::unmet_text(service));
  }
  out << fmt::format("{}: {} services, no errors\n", arguments.file, config->services.size());
  if (!arguments.connect) return 0;
  auto guard = io::ChildGuard::start();
  if (!guard) {
    errors << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  out.flush();
  return check_connect(std::move(*config), std::move(*guard), out) ? 0 : 1;
}

}  // namespace gateway::cli
