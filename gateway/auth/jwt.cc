#include "gateway/auth/jwt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/auth/base64url.h"
#include "gateway/auth/json_members.h"
#include "gateway/base/ascii.h"

namespace gateway::auth {

namespace {

constexpr std::array<std::pair<std::string_view, Algorithm>, 4> kAlgorithms{{{"RS256", Algorithm::Rs256},
                                                                             {"PS256", Algorithm::Ps256},
                                                                             {"ES256", Algorithm::Es256},
                                                                             {"EdDSA", Algorithm::EdDsa}}};

constexpr std::size_t kLongestKeyId = 256;
constexpr std::size_t kLongestSubject = 256;

/// A token of another kind, such as a logout token, must not pass for an access token (RFC 8725, section 3.11).
bool is_access_token_type(std::string_view type) {
  constexpr std::string_view kPrefix = "application/";
  if (equal_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) type.remove_prefix(kPrefix.size());
  return equal_ignoring_case(type, "jwt") || equal_ignoring_case(type, "at+jwt");
}

/// `algorithm` and `key_id` of `into`.
std::optional<Denial> read_header(std::string_view json, Jwt& into) {
  auto const header = JsonMembers::read(json);
  auto const name = header ? header->text("alg") : std::nullopt;
  if (!name) return Denial::Malformed;
  auto const algorithm = algorithm_from(*name);
  if (!algorithm) return Denial::WrongAlgorithm;
  // RFC 7515, section 4.1.11: an extension that is not understood makes the token invalid.
  if (header->has("crit") || header->has("b64")) return Denial::Malformed;
  if (header->has("typ") && !is_access_token_type(header->text("typ").value_or(""))) return Denial::Malformed;
  into.algorithm = *algorithm;
  if (header->has("kid")) {
    auto key_id = header->text("kid");
    if (!key_id || key_id->size() > kLongestKeyId) return Denial::Malformed;
    into.key_id = *std::move(key_id);
  }
  return std::nullopt;
}

std::vector<std::string> split_at_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// A time that may be left out, and must be one where it is not.
bool read_time(JsonMembers const& members, std::string_view key, std::optional<UnixTime>& into) {
  if (!members.has(key)) return true;
  auto const seconds = members.seconds(key);
  if (seconds) into = UnixTime{std::chrono::seconds{*seconds}};
  return seconds.has_value();
}

}  // namespace

std::optional<Algorithm> algorithm_from(std::string_view name) {
  auto const* const found = std::ranges::find_if(kAlgorithms, [&](auto const& known) { return known.first == name; });
  return found == kAlgorithms.end() ? std::nullopt : std::optional(found->second);
}

std::string_view to_text(Algorithm algorithm) {
  return std::ranges::find_if(kAlgorithms, [&](auto const& known) { return known.second == algorithm; })->first;
}

bool has_jwt_form(std::string_view token) { return token.starts_with("ey") && std::ranges::count(token, '.') == 2; }

std::optional<Claims> read_claims(std::string_view json) {
  auto const members = JsonMembers::read(json);
  if (!members) return std::nullopt;
  Claims claims;
  claims.raw.assign(json);
  if (!read_time(*members, "exp", claims.expires) || !read_time(*members, "nbf", claims.not_before))
    return std::nullopt;
  for (auto const& [key, into] : {std::pair{"iss", &claims.issuer}, std::pair{"sub", &claims.subject}}) {
    auto text = members->text(key);
    if (members->has(key) && !text) return std::nullopt;
    if (text) *into = *std::move(text);
  }
  if (members->has("aud")) {
    auto audience = members->texts("aud");
    if (!audience) return std::nullopt;
    claims.audience = *std::move(audience);
  }
  // RFC 9068 has `scope`, a text; some servers write `scp`, a text or a list.
  if (auto const scope = members->text("scope")) claims.scopes = split_at_spaces(*scope);
  if (auto const scp = members->text("scp"); scp && claims.scopes.empty()) claims.scopes = split_at_spaces(*scp);
  if (auto scp = members->texts("scp"); scp && claims.scopes.empty()) claims.scopes = *std::move(scp);
  return claims;
}

std::variant<Jwt, Denial> read_jwt(std::string_view token) {
  if (token.size() > kLongestToken) return Denial::Malformed;
  auto const first = token.find('.');
  auto const second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return Denial::Malformed;
  auto const header = decode_base64url(token.substr(0, first));
  auto const payload = decode_base64url(token.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return Denial::Malformed;
  Jwt jwt;
  if (auto const denial = read_header(*header, jwt)) return *denial;
  auto claims = read_claims(*payload);
  if (!claims || claims->issuer.empty()) return Denial::Malformed;
  jwt.signed_part = token.substr(0, second);
  jwt.signature = *std::move(signature);
  jwt.claims = *std::move(claims);
  return jwt;
}

std::optional<Denial> check_times(Claims const& claims, UnixTime now, std::chrono::seconds leeway) {
  if (!claims.expires) return Denial::Malformed;
  if (*claims.expires + leeway <= now) return Denial::Expired;
  if (claims.not_before && *claims.not_before - leeway > now) return Denial::NotYetValid;
  return std::nullopt;
}

std::optional<Principal> principal_of(Claims const& claims, std::string_view issuer_name, Credential credential) {
  auto const& subject = claims.subject;
  auto const is_name = !subject.empty() && subject.size() <= kLongestSubject &&
                       std::ranges::none_of(subject, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!is_name) return std::nullopt;
  // A static token's name and an issuer's have no colon, so no two of these names are the same.
  return Principal{.id = {.name = fmt::format("{}:{}", issuer_name, subject), .credential = credential},
                   .scopes = {.names = claims.scopes},
                   .claims = claims.raw};
}

}  // namespace gateway::auth
