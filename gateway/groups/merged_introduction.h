// What a group says of itself: who its members say they are.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/mcp/method.h"

namespace gateway::groups {

/// What a member answered to `initialize` or `server/discover`.
struct MemberIntroduction {
  std::string_view alias;
  std::string_view raw_result;
};

/// The raw InitializeResult of a group, of the newest revision with sessions. It offers lists that may change, whoever is
/// there now: members come and go. Other capabilities are those that one member has.
[[nodiscard]] std::string merged_introduction(std::string_view group, std::string_view version,
                                              std::span<MemberIntroduction const> members);

/// Whether a server with these raw capabilities answers the method. Of methods that need none, and where nothing is
/// known of the server, yes.
[[nodiscard]] bool may_answer(std::string_view raw_capabilities, mcp::Method method);

}  // namespace gateway::groups
