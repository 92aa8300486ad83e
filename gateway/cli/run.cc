#include "gateway/cli/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

#include "gateway/base/descriptors.h"
#include "gateway/cli/compat.h"
#include "gateway/cli/config_file.h"
#include "gateway/cli/gateway_flags.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/one_server.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/cli/sandboxes.h"
#include "gateway/cli/startable.h"
#include "gateway/config/needs.h"
#include "gateway/descriptor_budget.h"
#include "gateway/gateway.h"
#include "gateway/imports/import_line.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/service_manager.h"
#include "gateway/io/successor.h"
#include "gateway/takeover.h"

namespace gateway::cli {

namespace {

/// As many descriptors as the configuration asks for, as far as the system lets us.
Result<DescriptorBudget> take_descriptors(config::Config const& config) {
  auto const needs = descriptor_needs(config, open_descriptors());
  auto const before = descriptor_limit();
  auto budget = share_descriptors(raise_descriptor_limit(wanted_descriptors(needs)), needs);
  if (budget) budget->of_children = before;
  return budget;
}

/// A gateway of which every service is at fault would serve nothing, and look as if it
/// did. Services that only lack what they declare to need are another matter.
bool can_serve(std::string const& file, config::Config const& config, std::ostream& errors) {
  auto const any = [&](auto is) { return std::any_of(config.services.begin(), config.services.end(), is); };
  if (any([](auto const& service) { return !service.disabled && service.available(); })) return true;
  if (!any([](auto const& service) { return !service.disabled && !service.faults.empty(); })) return true;
  errors << fmt::format("{}: none of its services can be started\n", file);
  for (auto const& service : config.services) {
    if (!service.disabled) errors << fmt::format("  {}: {}\n", service.name, config::why_unavailable(service));
  }
  return false;
}

/// With faults for what `support`, which it finds out, does not offer.
std::optional<config::Config> configuration(Arguments const& arguments, sandbox::Support& support,
                                            std::ostream& errors) {
  if (arguments.bridge) return compat_config(arguments, errors);
  if (!arguments.server.empty()) return one_server(arguments, errors);
  auto config = load_config(arguments.config(), errors);
  if (!config || !keep_services(*config, arguments.services, errors)) return std::nullopt;
  support = support_for(*config);
  find_sandbox_faults(*config, support);
  if (!can_serve(name_of_config(arguments.file), *config, errors)) return std::nullopt;
  return config;
}

/// Why the program cannot be started anew while it runs; empty where it can.
std::string why_not_startable_again(Arguments const& arguments) {
  if (arguments.file == "-" && arguments.server.empty())
    return "the configuration came from stdin, and cannot be read again: run the gateway with a file";
  if (::getpid() == 1)
    return "this is the first process of its container, which ends with it: start another container, and let a load "
           "balancer move over";
  return {};
}

/// `inheritance`: nothing where no process is replaced.
int start(Arguments const& arguments, std::optional<Inheritance> inheritance, std::ostream& errors) {
  sandbox::Support support;
  auto config = configuration(arguments, support, errors);
  if (!config || !apply_gateway_flags(arguments, *config, errors)) return kUsageError;
  auto const is_bridge = arguments.bridge.has_value();
  auto const single = is_bridge ? config->services.size() == 1 && config->gateway.base_path != imports::kNamedPath
                                : !arguments.server.empty();
  std::unique_ptr<admin::ConfigSource> source;
  if (!single && !is_bridge && arguments.file != "-")
    source = std::make_unique<ConfigFile>(arguments, support, asked_of_system(*config));
  if (single) {
    // With a file the other services run; here there is nothing to wait for.
    if (auto const why = why_not_startable(config->services.front()); !why.empty()) {
      errors << why << '\n';
      return 1;
    }
  }
  auto descriptors = take_descriptors(*config);
  if (!descriptors) {
    errors << descriptors.error().what << '\n';
    return 1;
  }
  // The limit was raised by the process before.
  if (inheritance) descriptors->of_children = inheritance->begin.open_files_of_children;
  auto again = io::own_start();
  auto no_upgrade = again ? why_not_startable_again(arguments) : again.error().what;
  auto manager = io::ServiceManager::from_environment();
  auto guard = io::ChildGuard::start();
  if (!guard) {
    errors << "cannot start: " << guard.error().what << '\n';
    return 1;
  }
  Gateway program(std::move(*config),
                  {.single = single,
                   .start = no_upgrade.empty() ? std::optional(*std::move(again)) : std::nullopt,
                   .no_upgrade = std::move(no_upgrade),
                   .inheritance = std::move(inheritance),
                   .source = std::move(source),
                   .descriptors = *descriptors,
                   .manager = std::move(manager),
                   .sandbox = std::move(support)},
                  std::move(*guard));
  if (auto const listening = program.listen(); !listening) {
    errors << listening.error().what << '\n';
    return 1;
  }
  return program.run();
}

}  // namespace

int run(Arguments const& arguments, std::ostream& errors) {
  auto channel = io::inherited_channel();
  if (!channel) return start(arguments, {}, errors);
  auto inheritance = receive_inheritance(*std::move(channel));
  if (!inheritance) {
    errors << "cannot start: " << inheritance.error().what << '\n';
    return 1;
  }
  // Who is replaced is told why it goes on, and says so to whoever asked, and in the log.
  io::UniqueFd const telling(::fcntl(inheritance->channel.get(), F_DUPFD_CLOEXEC, 0));
  std::ostringstream said;
  auto const code = start(arguments, *std::move(inheritance), said);
  if (code != 0) decline(telling, said.str());
  return code;
}

}  // namespace gateway::cli
