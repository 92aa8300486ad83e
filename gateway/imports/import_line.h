// From the command line of a bridge to a configuration of ours.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/imports/bridge.h"
#include "gateway/imports/imported.h"

namespace gateway::imports {

/// The text of a file that a line names.
using ReadText = std::function<Result<std::string>(std::string const& path)>;

/// A file that serves at the addresses of the bridge, as far as it may. `bridge` is found out where it is not said.
[[nodiscard]] Outcome import_line(std::span<std::string const> words, std::optional<Bridge> bridge,
                                  ReadText const& read);

/// Where mcp-proxy has its servers with a name: /servers/NAME/sse.
inline constexpr std::string_view kNamedPath = "/servers";

/// All servers of the line by name, as services. The one without is `server`, or `default` beside others.
[[nodiscard]] Json services_of(BridgeLine& line);

/// Puts the servers of --named-server-config among those with a name; the error is what is wrong with the file.
[[nodiscard]] std::optional<config::ConfigErrors> add_named_file(BridgeLine& line, ReadText const& read);

}  // namespace gateway::imports
