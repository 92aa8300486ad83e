#include "gateway/cli/ask_status.h"

#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "gateway/cli/http_get.h"
#include "gateway/cli/status_table.h"

namespace gateway::cli {

std::string status_url(std::string url) {
  constexpr std::size_t kScheme = sizeof("http://") - 1;
  auto const slash = url.find('/', kScheme);
  if (slash == std::string::npos) return url + "/api/status";
  return slash + 1 == url.size() ? url + "api/status" : url;
}

bool ask_status(std::string const& url, StatusForm form, std::chrono::seconds patience, std::ostream& out,
                std::ostream& errors) {
  auto const answer = http_get(status_url(url), patience);
  if (!answer) {
    errors << answer.error().what << '\n';
    return false;
  }
  auto const report = read_status(answer->body);
  if (!report) {
    errors << url << ": " << report.error().what << '\n';
    return false;
  }
  auto const colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr ? Colour::Yes : Colour::No;
  out << (form == StatusForm::Json ? answer->body : status_table(*report, colour));
  return report->is_well();
}

}  // namespace gateway::cli
