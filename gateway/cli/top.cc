#include "gateway/cli/top.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "gateway/cli/ask_status.h"
#include "gateway/cli/terminal.h"

namespace gateway::cli {

namespace {

constexpr std::chrono::seconds kLookPatience{2};
constexpr std::string_view kKeys =
    "\nsort by  o order  n name  c calls  e errors  l latency  s sessions  r restarts  m memory  u cpu     q quit\n";

Result<StatusReport> look(GatewayAddress const& address) {
  auto status = get_status(address, kLookPatience);
  if (!status) return status.error();
  return std::move(status->report);
}

/// What is shown until the next look.
std::string screen(Result<StatusReport> const& seen, SortBy by, Colour colour) {
  if (!seen) return seen.error().what + "; asking again\n" + std::string(kKeys);
  auto report = *seen;
  sort(report.services, by);
  return status_table(report, colour) + std::string(kKeys);
}

}  // namespace

bool top(GatewayAddress const& address, std::chrono::seconds interval, std::ostream& out, std::ostream& errors) {
  if (isatty(STDOUT_FILENO) != 1) return ask_status("top", address, StatusForm::Table, kLookPatience, out, errors);
  using SteadyClock = std::chrono::steady_clock;
  auto const colour = std::getenv("NO_COLOR") == nullptr ? Colour::Yes : Colour::No;
  Terminal terminal;
  auto by = SortBy::Config;
  while (true) {
    auto const seen = look(address);
    auto const next = SteadyClock::now() + interval;
    while (true) {
      terminal.show(screen(seen, by, colour));
      auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(next - SteadyClock::now());
      if (left.count() <= 0) break;
      auto const heard = terminal.wait(left);
      if (heard.ends || heard.key == 'q') return seen.ok() && seen->is_well();
      if (heard.key) by = sort_for_key(*heard.key).value_or(by);
    }
  }
}

}  // namespace gateway::cli
