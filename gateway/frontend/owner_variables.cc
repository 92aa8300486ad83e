#include "gateway/frontend/owner_variables.h"

#include <fmt/format.h>

#include <array>

#include "gateway/auth/claim_value.h"
#include "gateway/auth/digest.h"
#include "gateway/auth/stored_secret.h"

namespace gateway::frontend {

namespace {

constexpr std::size_t kMostBytes = 64 * std::size_t{1024};  ///< of a variable
constexpr std::string_view kPrincipal = "{principal}";

std::string path_for(std::string const& pattern, std::string_view principal) {
  auto path = pattern;
  auto const segment = as_path_segment(principal);
  for (auto at = path.find(kPrincipal); at != path.npos; at = path.find(kPrincipal, at + segment.size())) {
    path.replace(at, kPrincipal.size(), segment);
  }
  return path;
}

std::optional<std::string> header_of(http::RequestHead const& head, std::string_view lower_name) {
  auto const field = value_of(head, lower_name);
  if (!field.value || field.repeated) return std::nullopt;
  return std::string(*field.value);
}

std::optional<std::string> value_from(config::OwnerVariable const& from, Visit const& visit) {
  auto const& principal = *visit.principal;
  if (!from.claim.empty()) return auth::claim_text(principal.claims, from.claim);
  if (!from.header.empty()) return header_of(visit.request.head, from.header);
  return principal.id.name.empty() ? std::nullopt : auth::stored_secret(path_for(from.file, principal.id.name));
}

/// Fit for a client's eyes: it does not learn paths of this machine.
std::string missing(std::string const& variable, config::OwnerVariable const& from, std::string const& principal) {
  auto const whose = principal.empty() ? std::string("a client without a token") : '\'' + principal + '\'';
  if (!from.claim.empty())
    return fmt::format("{} has no claim '{}', which {} is taken from", whose, from.claim, variable);
  if (!from.header.empty()) return fmt::format("the header {} must say, once, what {} is", from.header, variable);
  return fmt::format("nothing is stored for {}, and {} is needed", whose, variable);
}

}  // namespace

std::string as_path_segment(std::string_view principal) {
  constexpr std::string_view kUsual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_@:+";
  std::string segment;
  for (auto const c : principal) {
    // A dot in front could make it a hidden file, or a folder's parent.
    auto const is_usual = kUsual.find(c) != kUsual.npos || (c == '.' && !segment.empty());
    segment += is_usual ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return segment;
}

std::variant<mcp::OwnVariables, mcp::Refusal> owner_variables(config::ServiceConfig const& service,
                                                              Visit const& visit) {
  mcp::OwnVariables own;
  std::string all;
  for (auto const& [name, from] : service.owner_env) {
    auto const value = value_from(from, visit);
    if (!value || value->empty() || value->find('\0') != value->npos || value->size() > kMostBytes) {
      return mcp::Refusal{from.header.empty() ? mcp::Outcome::Forbidden : mcp::Outcome::Invalid,
                          fmt::format("{}: {}", from.header.empty() ? "Forbidden" : "Bad Request",
                                      missing(name, from, visit.principal->id.name))};
    }
    own.lines.push_back(fmt::format("{}={}", name, *value));
    // Lengths tell where one ends and the next begins.
    all += fmt::format("{}:{}\n", own.lines.back().size(), own.lines.back());
  }
  own.digest = auth::to_hex(auth::sha256(all));
  return own;
}

}  // namespace gateway::frontend
