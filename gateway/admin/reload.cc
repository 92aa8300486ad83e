#include "gateway/admin/reload.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"

namespace gateway::admin {

std::string_view to_text(ReloadRequest::By by) {
  switch (by) {
    case ReloadRequest::By::Signal: return "signal";
    case ReloadRequest::By::Operator: return "operator";
    case ReloadRequest::By::File: return "file";
  }
  return "";
}

std::string_view to_text(ReloadEnd::Verdict verdict) {
  switch (verdict) {
    case ReloadEnd::Verdict::Applied: return "applied";
    case ReloadEnd::Verdict::Unchanged: return "unchanged";
    case ReloadEnd::Verdict::Planned: return "planned";
    case ReloadEnd::Verdict::Refused: return "refused";
    case ReloadEnd::Verdict::NotNow: return "not_now";
  }
  return "";
}

std::string to_json(ReloadEnd const& end) {
  std::string changed;
  for (auto const& service : end.changes.changed) {
    changed += fmt::format(R"({}{{"name":{},"fields":{}}})", changed.empty() ? "" : ",", json_string(service.name),
                           json_list(service.fields));
  }
  return fmt::format(R"({{"result":"{}","added":{},"removed":{},"changed":[{}],"settings":{},"errors":{}}})",
                     to_text(end.verdict), json_list(end.changes.added), json_list(end.changes.removed), changed,
                     json_list(end.changes.settings), json_list(end.errors));
}

}  // namespace gateway::admin
