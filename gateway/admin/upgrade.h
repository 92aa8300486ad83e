// Another program in the place of the running one: who asks for it, and what came of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gateway::admin {

struct UpgradeRequest {
  enum class By {
    Signal,
    Operator,  ///< through the admin API
  };
  By by = By::Signal;
  std::string remote{};  ///< the operator's address
};

struct UpgradeEnd {
  enum class Verdict {
    Upgraded,  ///< the new program serves; sessions live on in this one until they end
    Failed,    ///< it did not become ready: this one goes on
    NotNow,    ///< perhaps later: nothing was started
    Refused,   ///< this program cannot be replaced while it runs
  };
  Verdict verdict = Verdict::Upgraded;
  int pid = 0;        ///< of the new program
  std::string why{};  ///< a sentence, where it was not upgraded
};

/// Called once, on the first loop; never when the program ends first.
using TellUpgrade = std::function<void(UpgradeEnd const&)>;

[[nodiscard]] std::string_view to_text(UpgradeRequest::By by);
[[nodiscard]] std::string_view to_text(UpgradeEnd::Verdict verdict);
/// On one line.
[[nodiscard]] std::string to_json(UpgradeEnd const& end);

}  // namespace gateway::admin
