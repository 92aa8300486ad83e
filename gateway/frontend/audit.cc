#include "gateway/frontend/audit.h"

#include <fmt/format.h>

#include <iterator>

#include "gateway/auth/digest.h"
#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::frontend {

namespace {

/// Of more members only the number is kept.
constexpr std::size_t kMostMembers = 32;
/// A key may be of any size, and hold anything.
constexpr std::size_t kLongestKey = 64;
constexpr std::size_t kLongestName = 128;  ///< of a tool

std::string_view kind_of(std::string_view value) {
  if (value.empty()) return "none";
  switch (value.front()) {
    case '{': return "object";
    case '[': return "array";
    case '"': return "string";
    case 't':
    case 'f': return "boolean";
    case 'n': return "null";
    default: return "number";
  }
}

}  // namespace

std::string shape_of_arguments(std::string_view arguments) {
  std::string keys;
  std::size_t members = 0;
  rpc::MemberWalk walk(arguments);
  while (auto const member = walk.next()) {
    if (++members > kMostMembers) continue;
    if (!keys.empty()) keys.push_back(',');
    append_json_string(keys, rpc::unquote(member->key.substr(0, kLongestKey)));
    fmt::format_to(std::back_inserter(keys), R"(:{{"kind":"{}","bytes":{}}})", kind_of(member->value),
                   member->value.size());
  }
  return fmt::format(R"({{"members":{},"bytes":{},"sha256":"{}","keys":{{{}}}}})", members, arguments.size(),
                     auth::to_hex(auth::sha256(arguments)), keys);
}

void Carried::audit(Visit const& visit, mcp::ClientMessage const& message) {
  audited_ = {.remote = visit.exchange.remote(),
              .tool = rpc::unquote(message.parsed.name).substr(0, kLongestName),
              .arguments = shape_of_arguments(message.parsed.arguments)};
  via_.audited = &*audited_;
}

void Carried::carry_headers(http::RequestHead const& head) {
  find_header_ = [&head](std::string_view lower_name) { return value_of(head, lower_name); };
  via_.header = &find_header_;
}

}  // namespace gateway::frontend
