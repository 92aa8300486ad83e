// The options of `run` that say what a configuration file would say.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

/// What a flag is about. What concerns the gateway holds over a file, too; the server's
/// flags describe the one behind `--`, so a file has no use for them.
enum class About { Gateway, Server };
enum class Often { Once, Repeated };

struct RunFlag {
  std::string_view name;      ///< "--port"
  std::string_view letter;    ///< ",-p", or nothing
  std::string_view value;     ///< "PORT": what help calls it
  std::string_view sentence;  ///< what it is, for help
  About about;
  Often often;
  /// The field it sets, "log.level"; empty where there is more to it.
  std::string_view key;
};

[[nodiscard]] std::span<RunFlag const> run_flags();

/// A flag's name to its values, in their order.
using Given = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The last value of a flag; `otherwise` where it was not given.
[[nodiscard]] std::string value_of(Given const& given, std::string_view flag, std::string_view otherwise = {});

}  // namespace gateway::cli
