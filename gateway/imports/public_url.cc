#include "gateway/imports/public_url.h"

#include <string_view>

#include "gateway/config/values.h"

namespace gateway::imports {

void set_public_url(std::string const& path, Json const& url, Json& gateway, Remarks& remarks) {
  auto const text = url.is_string() ? url.get<std::string>() : std::string{};
  if (text.empty() && url.is_string()) return;
  auto const scheme = text.find("://");
  auto const slash = scheme == text.npos ? text.npos : text.find('/', scheme + 3);
  auto const origin = text.substr(0, slash);
  std::string_view base = slash == text.npos ? std::string_view{} : std::string_view(text).substr(slash);
  while (base.ends_with('/')) base.remove_suffix(1);
  if (!config::is_web_origin(origin) || !config::is_base_path(base))
    return remarks.push_back({path, "Not taken: expected a URL such as https://mcp.example.com/team"});
  gateway["public_url"] = origin;
  if (!base.empty()) gateway["base_path"] = base;
  auto const host = config::host_of(origin);
  if (config::is_host_name(host)) gateway["allowed_hosts"] = Json::array({host});
}

}  // namespace gateway::imports
