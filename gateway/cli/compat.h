// Called as another program: the flags of supergateway and mcp-proxy, for `run`.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/cli/arguments.h"
#include "gateway/config/config.h"

namespace gateway::cli {

/// Nothing for a command line of ours. One is another program's if we are called by its name, or behind `--compat NAME`;
/// what stands before that are options of `run`.
[[nodiscard]] std::optional<std::variant<Arguments, Farewell>> read_compat(std::string_view called_as,
                                                                           std::vector<std::string> const& words,
                                                                           WordKinds const& kinds);

/// The configuration that `arguments.bridge` asks for; its warnings name the flags without counterpart.
[[nodiscard]] std::optional<config::Config> compat_config(Arguments const& arguments, std::ostream& errors);

}  // namespace gateway::cli
