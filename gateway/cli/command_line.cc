#include "gateway/cli/command_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <utility>
#include <variant>

#include "gateway/backend/environment.h"
#include "gateway/build_info.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/ask_canary.h"
#include "gateway/cli/ask_health.h"
#include "gateway/cli/ask_reload.h"
#include "gateway/cli/ask_status.h"
#include "gateway/cli/ask_upgrade.h"
#include "gateway/cli/check.h"
#include "gateway/cli/compat.h"
#include "gateway/cli/connect.h"
#include "gateway/cli/deployments.h"
#include "gateway/cli/doctor.h"
#include "gateway/cli/edit_configuration.h"
#include "gateway/cli/import_configuration.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/lock.h"
#include "gateway/cli/run.h"
#include "gateway/cli/top.h"
#include "gateway/config/schema.h"
#include "gateway/io/program_path.h"

namespace gateway::cli {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::seconds kReloadPatience{60};
/// `ready_timeout` is the gateway's, and at most an hour.
constexpr std::chrono::seconds kUpgradePatience{3700};

WordKinds this_machine() {
  return {.is_program =
              [](std::string const& word) {
                return io::find_program(word, backend::child_environment({}, environ), AT_FDCWD).ok();
              },
          .is_file =
              [](std::string const& word) {
                std::error_code unknown;
                return std::filesystem::is_regular_file(word, unknown);
              }};
}

int version() {
  std::cout << fmt::format("mcp-gateway {} ({}, built {})\n", kVersion, kRevision, kBuildTime);
  return 0;
}

/// A profile says itself where its gateway is asked.
int reload(Arguments const& arguments) {
  auto address = arguments.address;
  if (!arguments.profile.empty() && address.text.empty()) {
    auto const config = load_config(arguments.config(), std::cerr);
    if (!config) return kUsageError;
    auto const admin = admin_address(*config);
    if (!admin) {
      std::cerr << "reload: " << admin.error().what << '\n';
      return kUsageError;
    }
    address.text = *admin;
  }
  return ask_reload(address, arguments.reload, kReloadPatience, std::cout, std::cerr);
}

using Deployment = int (*)(Arguments const&, std::ostream&, std::ostream&);
constexpr std::array<std::pair<std::string_view, Deployment>, 9> kDeployments{{
    {"validate-config", validate_config},
    {"deploy", deploy_profile},
    {"stop", stop_profile},
    {"rollback", roll_back},
    {"health-check", check_health},
    {"validate", validate_instance},
    {"monitor", monitor},
    {"export-state", export_state},
    {"set-traffic-split", set_traffic_split},
}};

int perform(Arguments const& arguments) {
  auto const& command = arguments.command;
  for (auto const& each : kDeployments)
    if (command == each.first) return each.second(arguments, std::cout, std::cerr);
  if (command == "run") return run(arguments, std::cerr);
  if (command == "connect") return connect(arguments, std::cerr);
  if (command == "check") return check(arguments, std::cout, std::cerr);
  if (command == "doctor") return doctor(arguments, std::cout, std::cerr);
  if (command == "lock") return lock(arguments, std::cout, std::cerr);
  if (command == "import") return import_configuration(arguments, std::cout, std::cerr);
  if (command == "add") return add_service(arguments, std::cout, std::cerr);
  if (command == "remove") return remove_service(arguments, std::cout, std::cerr);
  if (command == "list") return list_services(arguments, std::cout, std::cerr);
  if (command == "health") return ask_health(arguments.address, kPatience, std::cout, std::cerr) ? 0 : 1;
  if (command == "status") {
    auto const form = arguments.json ? StatusForm::Json : StatusForm::Table;
    return ask_status(command, arguments.address, form, kPatience, std::cout, std::cerr) ? 0 : 1;
  }
  if (command == "top") {
    return top(arguments.address, std::chrono::seconds(arguments.interval), std::cout, std::cerr) ? 0 : 1;
  }
  if (command == "upgrade")
    return ask_upgrade(arguments.address, arguments.upgrade, kUpgradePatience, std::cout, std::cerr);
  if (command == "canary") return ask_canary(arguments.address, arguments.canary, kPatience, std::cout, std::cerr);
  if (command == "reload") return reload(arguments);
  if (command == "version") return version();
  std::cout << config::config_schema() << '\n';
  return 0;
}

}  // namespace

int run_command_line(std::string_view called_as, std::vector<std::string> words) {
  constexpr std::string_view kHealthCheck = "health-check";
  if (called_as.substr(called_as.rfind('/') + 1) == kHealthCheck)
    words.insert(words.begin(), std::string(kHealthCheck));
  auto compat = read_compat(called_as, words, this_machine());
  auto read = compat ? *std::move(compat) : read_arguments(std::move(words), this_machine());
  if (auto* const arguments = std::get_if<Arguments>(&read)) {
    auto const has_config = !arguments->profile.empty() || is_deployment_command(arguments->command);
    if (arguments->file.empty() && has_config) arguments->file = usual_config_file();
    return perform(*arguments);
  }
  auto const& farewell = std::get<Farewell>(read);
  (farewell.code == 0 ? std::cout : std::cerr) << farewell.text;
  return farewell.code;
}

}  // namespace gateway::cli
