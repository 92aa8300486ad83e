// Another configuration for the running program: who asks for it, and what came of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/changes.h"
#include "gateway/config/config.h"

namespace gateway::admin {

struct ReloadRequest {
  enum class By {
    Signal,
    Operator,  ///< through the admin API
    File,      ///< a file of the configuration has changed
  };
  By by = By::Signal;
  bool dry_run = false;  ///< only says what would change
  std::string remote{};  ///< the operator's address
};

struct ReloadEnd {
  enum class Verdict {
    Applied,
    Unchanged,  ///< the configuration is as it was
    Planned,    ///< a dry run: this would be changed
    Refused,    ///< something is wrong with it: nothing was changed
    NotNow,     ///< perhaps later: nothing was changed
  };
  Verdict verdict = Verdict::Applied;
  config::Changes changes{};
  std::vector<std::string> errors{};  ///< sentences
};

/// Called once, on the first loop; never when the program ends first.
using TellReload = std::function<void(ReloadEnd const&)>;

[[nodiscard]] std::string_view to_text(ReloadRequest::By by);
[[nodiscard]] std::string_view to_text(ReloadEnd::Verdict verdict);
/// The result, what changes, and the errors, on one line.
[[nodiscard]] std::string to_json(ReloadEnd const& end);

/// A configuration that was read again: whole and checked, or all that is wrong with it.
using ReadConfig = std::variant<config::Config, std::vector<std::string>>;

/// Where the program's configuration comes from.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  /// Reads all of it again, with the flags of the command line.
  [[nodiscard]] virtual ReadConfig read() = 0;
  /// Whether one of its files has changed since this was called last.
  [[nodiscard]] virtual bool has_changed() = 0;
};

}  // namespace gateway::admin
