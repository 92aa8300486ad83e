#include "gateway/cli/ask_upgrade.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "gateway/cli/admin_post.h"
#include "gateway/cli/load_config.h"

namespace gateway::cli {

int ask_upgrade(GatewayAddress const& address, UpgradeAsked const& asked, std::chrono::seconds patience,
                std::ostream& out, std::ostream& errors) {
  auto const end = post_to_admin(address, {.page = "/api/upgrade",
                                           .body = "{}",
                                           .token_file = asked.token_file,
                                           .signal = "SIGUSR2",
                                           .patience = patience});
  if (!end) {
    errors << fmt::format("upgrade: {}\n", end.error().what);
    return kUsageError;
  }
  auto const upgraded = end->at("result") == "upgraded";
  if (asked.json) {
    out << end->dump() << '\n';
  } else if (upgraded) {
    out << fmt::format("upgraded: process {} serves; sessions live on in the one before until they end\n",
                       end->value("pid", 0));
  } else {
    errors << fmt::format("upgrade: the running process goes on: {}\n", end->value("why", ""));
  }
  return upgraded ? 0 : 1;
}

}  // namespace gateway::cli
