// `connect`: brings a remote MCP server to a client that starts programs.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace gateway::cli {

struct Arguments;

struct ConnectArguments {
  std::string target{};                ///< a URL, or a service of a configuration
  std::string transport = "auto";      ///< auto, http or sse
  std::vector<std::string> headers{};  ///< Name: value, with references to variables
  std::string ca_file{};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{300'000};  ///< 0 is no limit
};

void add_connect(CLI::App& app, Arguments& arguments);

/// Gives the exit code. What is wrong with the command line or the configuration goes to `errors`.
[[nodiscard]] int connect(Arguments const& arguments, std::ostream& errors);

}  // namespace gateway::cli
