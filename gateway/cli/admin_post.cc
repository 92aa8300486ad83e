#include "gateway/cli/admin_post.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "gateway/cli/http_get.h"
#include "gateway/http/client.h"

namespace gateway::cli {

namespace {

Result<std::string> admin_token(std::string const& file, std::string_view signal) {
  if (file.empty()) {
    auto const* const value = std::getenv(kAdminTokenVariable);
    if (value != nullptr && *value != '\0') return std::string(value);
    auto const without =
        signal.empty() ? std::string{} : fmt::format(". Without one, send the process {} and read its log", signal);
    return Error{
        fmt::format("this needs the admin token (gateway.admin_token): expected --token-file FILE, or the "
                    "token in {}{}",
                    kAdminTokenVariable, without)};
  }
  std::ifstream in(file);
  std::string token((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in && token.empty()) return Error{fmt::format("--token-file {}: cannot be read", file)};
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  if (token.empty()) return Error{fmt::format("--token-file {}: expected the admin token, found an empty file", file)};
  return token;
}

}  // namespace

Result<nlohmann::ordered_json> post_to_admin(GatewayAddress const& address, AdminPost const& post) {
  auto const token = admin_token(post.token_file, post.signal);
  if (!token) return token.error();
  auto const url = url_of(address.text, post.page, NamedPage::Replace);
  if (!url) return url.error();
  auto const answer =
      http_post(*url, address.trust, fmt::format("Authorization: Bearer {}\r\n", *token), post.body, post.patience);
  if (!answer) return Error{fmt::format("{}; {}", answer.error().what, kStartOne)};
  auto end = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (end.is_object() && end.contains("error")) return Error{end["error"].get<std::string>()};
  if (!end.is_object() || !end.contains("result"))
    return Error{
        fmt::format("expected a gateway's admin listener at {}, found something else, which answers with status {}",
                    *url, answer->status)};
  return end;
}

}  // namespace gateway::cli
