#include "gateway/cli/ask_reload.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "gateway/cli/admin_post.h"
#include "gateway/cli/load_config.h"

namespace gateway::cli {

namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> texts_of(Json const& list) {
  std::vector<std::string> texts;
  for (auto const& each : list) texts.push_back(each.get<std::string>());
  return texts;
}

std::string sentence_of(std::string const& result) {
  if (result == "applied") return "reloaded";
  if (result == "unchanged") return "nothing has changed";
  return "would be changed by a reload";
}

/// Removed services first, as they are what a mistake costs most.
void tell_changes(Json const& end, std::ostream& out) {
  for (auto const& name : texts_of(end["removed"])) out << fmt::format("  - service {}\n", name);
  for (auto const& name : texts_of(end["added"])) out << fmt::format("  + service {}\n", name);
  for (auto const& service : end["changed"]) {
    auto const fields = texts_of(service["fields"]);
    out << fmt::format("  ~ service {}: {}\n", service["name"].get<std::string>(),
                       fields.empty() ? "what it needs" : fmt::format("{}", fmt::join(fields, ", ")));
  }
  for (auto const& setting : texts_of(end["settings"])) out << fmt::format("  ~ {}\n", setting);
}

int tell(Json const& end, std::ostream& out, std::ostream& errors) {
  auto const wrong = texts_of(end["errors"]);
  if (wrong.empty()) {
    auto const result = end["result"].get<std::string>();
    out << sentence_of(result) << (result == "unchanged" ? "\n" : ":\n");
    tell_changes(end, out);
    return 0;
  }
  errors << "reload: nothing was changed:\n";
  for (auto const& error : wrong) errors << fmt::format("  {}\n", error);
  return 1;
}

}  // namespace

int ask_reload(GatewayAddress const& address, ReloadAsked const& asked, std::chrono::seconds patience,
               std::ostream& out, std::ostream& errors) {
  auto const end = post_to_admin(address, {.page = "/api/reload",
                                           .body = asked.dry_run ? R"({"dry_run":true})" : "{}",
                                           .token_file = asked.token_file,
                                           .signal = "SIGHUP",
                                           .patience = patience});
  if (!end) {
    errors << fmt::format("reload: {}\n", end.error().what);
    return kUsageError;
  }
  if (asked.json) {
    out << end->dump() << '\n';
    return end->at("errors").empty() ? 0 : 1;
  }
  return tell(*end, out, errors);
}

}  // namespace gateway::cli
