// What the command line says, and what is wrong with it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/cli/address.h"
#include "gateway/cli/ask_canary.h"
#include "gateway/cli/ask_reload.h"
#include "gateway/cli/ask_upgrade.h"
#include "gateway/cli/configuration_arguments.h"
#include "gateway/cli/connect.h"
#include "gateway/cli/deployment_arguments.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/rights_of.h"
#include "gateway/cli/run_flags.h"
#include "gateway/imports/bridge.h"

namespace gateway::cli {

/// The variable of the environment that names the profile, where no option does.
inline constexpr char const* kProfileVariable = "MCP_ENV";

struct Arguments {
  std::string command;                ///< "run", "check", ...
  std::string file;                   ///< the configuration; empty is none
  std::string profile;                ///< laid over the configuration; empty is none
  std::vector<std::string> services;  ///< of the file, those to keep; none is all
  Given flags;                        ///< of `run`
  bool allow_unauthenticated = false;
  std::vector<std::string> server;  ///< what stands behind "--": of `run` a server, of `import` any command line
  std::optional<imports::BridgeLine> bridge{};  ///< of `run`: what another program's flags ask for
  bool connect = false;                         ///< of `check`
  Asked asked;                                  ///< of `check`: whose rights to show; without a name nobody's
  std::string lock_file;                        ///< of `lock`; empty is that of the configuration
  bool write = false;                           ///< of `lock`: pins what the services offer
  bool compare = false;                         ///< of `lock`: says what differs, as without an option
  std::vector<std::string> approve;             ///< of `lock`: SERVICE or SERVICE/TOOL
  GatewayAddress address;                       ///< of a running gateway; empty is the usual one
  bool json = false;                            ///< of `status`
  ReloadAsked reload;                           ///< of `reload`
  UpgradeAsked upgrade;                         ///< of `upgrade`
  CanaryAsked canary;                           ///< of `canary`
  int interval = 2;                             ///< of `top`, in seconds
  ConfigurationArguments configuration{};
  DeploymentArguments deployment{};
  ConnectArguments connect_to{};  ///< of `connect`

  /// Whether there is one to read: a profile alone belongs to the usual one.
  [[nodiscard]] bool has_config() const { return !file.empty() || !profile.empty(); }
  [[nodiscard]] ConfigFiles config() const { return {.file = file, .profile = profile}; }
};

/// Nothing is to be done but to say this: help, or what is wrong.
struct Farewell {
  int code = 0;
  std::string text;
};

/// What the machine knows of a word somebody typed.
struct WordKinds {
  std::function<bool(std::string const&)> is_program;  ///< that could be started
  std::function<bool(std::string const&)> is_file;     ///< that is there and no folder
};

/// `words` are the command line's without the program's own name.
[[nodiscard]] std::variant<Arguments, Farewell> read_arguments(std::vector<std::string> words, WordKinds const& kinds);

}  // namespace gateway::cli
