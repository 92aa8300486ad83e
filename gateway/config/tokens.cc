#include "gateway/config/tokens.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "gateway/config/values.h"

namespace gateway::config {

void check_tokens(ConfigPlace const& place, Json const& found, std::vector<AuthToken>& tokens) {
  std::map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    auto& token = tokens[i];
    token.sha256 = lower_case(token.sha256);
    if (found[i].is_object() && has(found[i], "token") == has(found[i], "sha256"))
      place.element(i).error("expected exactly one of token and sha256");
    auto const [other, is_new] = names.try_emplace(token.name, i);
    if (!is_new && !token.name.empty())
      place.element(i).member("name").error(
          fmt::format("expected another name than that of {}", place.element(other->second).path()));
  }
}

}  // namespace gateway::config
