#include "gateway/cli/ask_reload.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "gateway/cli/http_get.h"
#include "gateway/cli/load_config.h"
#include "gateway/http/client.h"

namespace gateway::cli {

namespace {

using Json = nlohmann::ordered_json;

Result<std::string> admin_token(std::string const& file) {
  if (file.empty()) {
    auto const* const value = std::getenv(kAdminTokenVariable);
    if (value != nullptr && *value != '\0') return std::string(value);
    return Error{
        fmt::format("this needs the admin token (gateway.admin_token): expected --token-file FILE, or the "
                    "token in {}. Without one, send the process SIGHUP and read its log",
                    kAdminTokenVariable)};
  }
  std::ifstream in(file);
  std::string token((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && token.empty()) return Error{fmt::format("--token-file {}: cannot be read", file)};
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  if (token.empty()) return Error{fmt::format("--token-file {}: expected the admin token, found an empty file", file)};
  return token;
}

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
  auto const failed = [&](std::string_view why) {
    errors << fmt::format("reload: {}\n", why);
    return kUsageError;
  };
  auto const token = admin_token(asked.token_file);
  if (!token) return failed(token.error().what);
  auto const url = url_of(address.text, "/api/reload", NamedPage::Replace);
  if (!url) return failed(url.error().what);
  auto const answer = http_post(*url, address.trust, fmt::format("Authorization: Bearer {}\r\n", *token),
                                asked.dry_run ? R"({"dry_run":true})" : "{}", patience);
  if (!answer) return failed(fmt::format("{}; {}", answer.error().what, kStartOne));
  auto const end = Json::parse(answer->body, nullptr, false);
  if (end.is_object() && end.contains("error")) return failed(end["error"].get<std::string>());
  if (!end.is_object() || !end.contains("result"))
    return failed(
        fmt::format("expected a gateway's admin listener at {}, found something else, which answers with "
                    "status {}",
                    *url, answer->status));
  if (asked.json) {
    out << answer->body;
    return end["errors"].empty() ? 0 : 1;
  }
  return tell(end, out, errors);
}

}  // namespace gateway::cli
