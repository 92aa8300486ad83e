#include "gateway/log/output_report.h"

#include <algorithm>

namespace gateway::log {

void OutputReport::look(std::vector<LogOutputs::State> const& states, Log& log) {
  known_.resize(states.size());
  auto const works = [](LogOutputs::State const& state) { return state.trouble.empty(); };
  auto const any_works = std::ranges::any_of(states, works);
  for (std::size_t i = 0; i < states.size(); ++i) {
    auto const& state = states[i];
    auto& known = known_[i];
    auto const lost = state.dropped - known.dropped;
    if (!works(state)) {
      if (!known.is_failing && any_works) {
        log.warn("log.output", "an output of the log does not work as configured",
                 {{"output", state.name}, {"err.kind", "output"}, {"err.msg", state.trouble}, {"lost", lost}});
      }
      known.is_failing = true;
      continue;
    }
    if (known.is_failing || lost > 0) {
      log.warn("log.output", "an output of the log works again", {{"output", state.name}, {"lost", lost}});
    }
    known = {.is_failing = false, .dropped = state.dropped};
  }
}

}  // namespace gateway::log
