#include "gateway/cli/ask_health.h"

#include <fmt/format.h>

#include <ostream>

#include "gateway/cli/address.h"
#include "gateway/cli/http_get.h"

namespace gateway::cli {

bool ask_health(GatewayAddress const& address, std::chrono::seconds patience, std::ostream& out, std::ostream& errors) {
  auto const url = url_of(address.text, "/health", NamedPage::Ask);
  auto const answer = url ? http_get(*url, address.trust, patience) : url.error();
  if (!answer) {
    errors << fmt::format("health: {}; {}\n", answer.error().what, kStartOne);
    return false;
  }
  out << answer->body;
  if (!answer->body.empty() && !answer->body.ends_with('\n')) out << '\n';
  // 503 is an answer: it says why it is not well.
  if (answer->status != 200 && answer->status != 503) {
    errors << fmt::format("health: expected the health of a gateway at {}, found status {}\n", *url, answer->status);
  }
  return answer->status == 200;
}

}  // namespace gateway::cli
