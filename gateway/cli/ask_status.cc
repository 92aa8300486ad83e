#include "gateway/cli/ask_status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>
#include <utility>

#include "gateway/cli/address.h"
#include "gateway/cli/http_get.h"

namespace gateway::cli {

Result<AskedStatus> get_status(GatewayAddress const& address, std::chrono::seconds patience) {
  auto const url = url_of(address.text, "/api/status", NamedPage::Replace);
  if (!url) return url.error();
  auto answer = http_get(*url, address.trust, patience);
  if (!answer) return answer.error();
  auto report = read_status(answer->body);
  if (report) return AskedStatus{std::move(answer->body), std::move(*report)};
  return Error{
      fmt::format("expected a gateway's admin listener at {}, found something else, which answers with status {}", *url,
                  answer->status)};
}

bool ask_status(std::string_view command, GatewayAddress const& address, StatusForm form, std::chrono::seconds patience,
                std::ostream& out, std::ostream& errors) {
  auto const status = get_status(address, patience);
  if (!status) {
    errors << fmt::format("{}: {}; {}\n", command, status.error().what, kStartOne);
    return false;
  }
  auto const colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr ? Colour::Yes : Colour::No;
  out << (form == StatusForm::Json ? status->text : status_table(status->report, colour));
  return status->report.is_well();
}

}  // namespace gateway::cli
