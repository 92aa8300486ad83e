#include "gateway/admin/upgrade.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"

namespace gateway::admin {

std::string_view to_text(UpgradeRequest::By by) {
  switch (by) {
    case UpgradeRequest::By::Signal: return "signal";
    case UpgradeRequest::By::Operator: return "operator";
  }
  return "";
}

std::string_view to_text(UpgradeEnd::Verdict verdict) {
  switch (verdict) {
    case UpgradeEnd::Verdict::Upgraded: return "upgraded";
    case UpgradeEnd::Verdict::Failed: return "failed";
    case UpgradeEnd::Verdict::NotNow: return "not_now";
    case UpgradeEnd::Verdict::Refused: return "refused";
  }
  return "";
}

std::string to_json(UpgradeEnd const& end) {
  return fmt::format(R"({{"result":"{}","pid":{},"why":{}}})", to_text(end.verdict), end.pid, json_string(end.why));
}

}  // namespace gateway::admin
