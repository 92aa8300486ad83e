#include "gateway/cli/ask_health.h"

#include <ostream>

#include "gateway/cli/http_get.h"

namespace gateway::cli {

bool ask_health(std::string const& url, std::chrono::seconds patience, std::ostream& out, std::ostream& errors) {
  auto const answer = http_get(url, patience);
  if (!answer) {
    errors << answer.error().what << '\n';
    return false;
  }
  out << answer->body;
  return answer->status == 200;
}

}  // namespace gateway::cli
