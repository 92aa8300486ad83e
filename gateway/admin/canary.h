// Versions of services: what an operator asks for, and how they are.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/health/health.h"

namespace gateway::admin {

struct CanaryRequest {
  enum class Action {
    Start,       ///< move the service to `version`, step by step
    Promote,     ///< at once
    RollBack,    ///< back to the version before
    SetWeights,  ///< these, until something else is asked for
  };
  Action action = Action::Start;
  std::string service{};
  std::string version{};  ///< empty: the last one that has not got all
  std::map<std::string, std::size_t, std::less<>> weights{};
  std::string remote{};  ///< the operator's address
};

/// A request's text, which is an object: `{"action":"start","version":"next"}`. The error says what was expected.
[[nodiscard]] Result<CanaryRequest> read_canary_request(std::string_view body);

struct CanaryEnd {
  enum class Verdict {
    Done,
    NotPossible,  ///< as things are
    NotNow,       ///< perhaps later
  };
  Verdict verdict = Verdict::Done;
  std::string why{};  ///< a sentence, where it was not done
};

[[nodiscard]] std::string_view to_text(CanaryRequest::Action action);

struct VersionStatus {
  std::string name{};    ///< `next`
  std::string server{};  ///< as it is called in health, metrics and logs: `github@next`
  std::size_t weight = 0;
};

/// A canary that is under way, or the last one.
struct CanaryStatus {
  std::string phase{};
  std::string from{};
  std::string to{};
  std::size_t step = 0;  ///< from 1
  std::size_t steps = 0;
  double left_seconds = 0;  ///< until the next step
  std::string trigger{};    ///< why it was rolled back
  std::string why{};
};

struct ServiceVersions {
  std::string service{};
  std::vector<VersionStatus> versions{};
  std::optional<CanaryStatus> canary{};
};

/// On one line, with the health of each version.
[[nodiscard]] std::string to_json(std::vector<ServiceVersions> const& all, health::GatewayHealth const& health);

}  // namespace gateway::admin
