#include "gateway/cli/target.h"

#include <cstdlib>
#include <ostream>
#include <utility>

#include "gateway/deploy/exit_codes.h"

namespace gateway::cli {

std::optional<Target> find_target(Arguments const& arguments, std::ostream& errors) {
  auto config = load_config(arguments.config(), errors);
  if (!config) return std::nullopt;
  auto const main = main_address(*config);
  auto const health = config->gateway.admin_listen ? admin_address(*config) : main;
  if (!main || !health) {
    errors << arguments.command << ": " << (main ? health : main).error().what << '\n';
    return std::nullopt;
  }
  auto const ready = config->gateway.admin_listen ? "/readyz" : "/health";
  return Target{.config = *std::move(config),
                .health = {.text = *health, .trust = arguments.address.trust},
                .main = {.text = *main, .trust = arguments.address.trust},
                .ready = ready};
}

deploy::StateFolder state_of(Arguments const& arguments) {
  auto const& named = arguments.deployment.state;
  return deploy::StateFolder(named.empty() ? deploy::usual_state_folder() : named);
}

int exit_code_of(Error const& error) {
  return error.what.find("no answer in time") == std::string::npos ? deploy::kCannotConnect : deploy::kTookTooLong;
}

std::string or_variable(std::string const& option, char const* variable, std::string_view usual) {
  if (!option.empty()) return option;
  auto const* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : std::string(usual);
}

}  // namespace gateway::cli
