#include "gateway/config/token_file.h"

#include <fmt/format.h>

#include <map>

#include "gateway/config/fields.h"
#include "gateway/config/tokens.h"

namespace gateway::config {

namespace {

struct TokenFile {
  std::vector<AuthToken> tokens{};
};

}  // namespace

template <>
inline constexpr auto kFields<TokenFile> =
    std::tuple{Field{"tokens", &TokenFile::tokens, Groups<AuthToken>{}, "Bearer tokens.", Presence::Required}};

Result<std::vector<AuthToken>> read_token_file(std::string_view text, std::string const& path) {
  ConfigReport report;
  TokenFile file;
  if (auto const found = parse_config_json(text, report)) {
    read_fields(ConfigPlace{report, ""}, *found, file);
    if (report.errors.empty()) check_tokens(ConfigPlace{report, "tokens"}, (*found)["tokens"], file.tokens);
  }
  if (!report.errors.empty()) {
    auto const& first = report.errors.front();
    return Error{
        fmt::format("the file {} is not used: {}{}{}", path, first.path, first.path.empty() ? "" : ": ", first.what)};
  }
  return std::move(file.tokens);
}

}  // namespace gateway::config
