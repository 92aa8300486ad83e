#include "gateway/cli/ask_canary.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "gateway/cli/admin_post.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/load_config.h"
#include "gateway/deploy/exit_codes.h"

namespace gateway::cli {

namespace {

using CanaryJson = nlohmann::ordered_json;

constexpr std::chrono::seconds kLookEvery{1};

/// VERSION:PERCENT.
std::optional<std::pair<std::string, unsigned>> share_of(std::string const& text) {
  auto const colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  unsigned percent = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, problem] = std::from_chars(text.data() + colon + 1, end, percent);
  if (problem != std::errc{} || stop != end || percent > 100) return std::nullopt;
  return std::pair(text.substr(0, colon), percent);
}

std::string body_of(CanaryAsked const& asked) {
  CanaryJson body{{"action", asked.action}};
  if (asked.action == "start" && !asked.more.empty()) body["version"] = asked.more.front();
  for (auto const& text : asked.more)
    if (auto const share = share_of(text); share && asked.action == "weights")
      body["weights"][share->first] = share->second;
  return body.dump();
}

Result<CanaryJson> get_versions(GatewayAddress const& address, std::chrono::seconds patience) {
  auto const url = url_of(address.text, "/api/versions", NamedPage::Replace);
  if (!url) return url.error();
  auto const answer = http_get(*url, address.trust, patience);
  if (!answer) return Error{fmt::format("{}; {}", answer.error().what, kStartOne)};
  auto json = CanaryJson::parse(answer->body, nullptr, false);
  if (json.is_object() && json.contains("services") && json["services"].is_object()) return json;
  return Error{
      fmt::format("expected a gateway's admin listener at {}, found something else, which answers with status {}", *url,
                  answer->status)};
}

std::string canary_text(CanaryJson const& canary) {
  auto const phase = canary.value("phase", "");
  auto const way = fmt::format("{} to {}", canary.value("from", ""), canary.value("to", ""));
  if (phase == "gate") return fmt::format("{}: waits until {} is healthy", way, canary.value("to", ""));
  if (phase == "observe")
    return fmt::format("{}: step {} of {}, {:.0f} s left", way, canary.value("step", 0), canary.value("steps", 0),
                       canary.value("left_seconds", 0.0));
  if (phase == "done") return fmt::format("{}: done", way);
  auto const trigger = canary.value("trigger", CanaryJson::object());
  return fmt::format("{}: rolled back ({}): {}", way, trigger.value("name", ""), trigger.value("why", ""));
}

void show(CanaryJson const& services, std::ostream& out) {
  for (auto const& [name, service] : services.items()) {
    out << name << '\n';
    for (auto const& version : service["versions"])
      out << fmt::format("  {:<16} {:>3} %  {:<10} {} sessions{}{}\n", version.value("version", ""),
                         version.value("weight", 0), version.value("status", "unknown"), version.value("sessions", 0),
                         version.contains("reason") ? "  " : "", version.value("reason", ""));
    if (service.contains("canary")) out << fmt::format("  canary {}\n", canary_text(service["canary"]));
  }
}

class CanaryCommand {
 public:
  CanaryCommand(GatewayAddress const& address, CanaryAsked const& asked, std::chrono::seconds patience,
                std::ostream& out, std::ostream& errors)
      : address_(address), asked_(asked), patience_(patience), out_(out), errors_(errors) {}

  int perform() {
    if (asked_.action != "status") {
      if (auto const code = post(); code != 0) return code;
    }
    auto services = ask();
    if (!services) return kUsageError;
    auto const waits = asked_.wait && is_under_way(*services);
    while (asked_.wait && is_under_way(*services)) {
      tell_progress(*services);
      std::this_thread::sleep_for(kLookEvery);
      services = ask();
      if (!services) return kUsageError;
    }
    if (asked_.json) {
      out_ << services->dump() << '\n';
    } else {
      show(*services, out_);
    }
    if (is_rolled_back(*services) && asked_.wait) return deploy::kRolledBack;
    if (!waits || phase(*services) == "done") return 0;
    errors_
        << "canary: it ended otherwise meanwhile: other weights were set, or the versions are configured otherwise\n";
    return 1;
  }

 private:
  int post() {
    auto const page = fmt::format("/api/services/{}/canary", asked_.service);
    auto const end = post_to_admin(
        address_,
        {.page = page, .body = body_of(asked_), .token_file = asked_.token_file, .signal = {}, .patience = patience_});
    if (end) return 0;
    errors_ << fmt::format("canary: {}\n", end.error().what);
    return 1;
  }

  /// Of the service that is asked for, or of all.
  std::optional<CanaryJson> ask() {
    auto const all = get_versions(address_, patience_);
    if (!all) {
      errors_ << fmt::format("canary: {}\n", all.error().what);
      return std::nullopt;
    }
    auto const& services = (*all)["services"];
    if (asked_.service.empty()) {
      if (services.empty()) errors_ << "canary: no service has several versions\n";
      return services;
    }
    if (!services.contains(asked_.service)) {
      errors_ << fmt::format("canary: there is no service {} with several versions\n", asked_.service);
      return std::nullopt;
    }
    return CanaryJson{{asked_.service, services[asked_.service]}};
  }

  [[nodiscard]] CanaryJson phase(CanaryJson const& services) const {
    auto const service = services.value(asked_.service, CanaryJson::object());
    return service.value("canary", CanaryJson::object()).value("phase", CanaryJson{});
  }
  [[nodiscard]] bool is_under_way(CanaryJson const& services) const {
    return phase(services) == "gate" || phase(services) == "observe";
  }
  [[nodiscard]] bool is_rolled_back(CanaryJson const& services) const { return phase(services) == "rolled_back"; }

  void tell_progress(CanaryJson const& services) {
    auto text = canary_text(services[asked_.service]["canary"]);
    if (text.substr(0, text.rfind(',')) != last_told_.substr(0, last_told_.rfind(',')))
      errors_ << fmt::format("canary: {}: {}\n", asked_.service, text) << std::flush;
    last_told_ = std::move(text);
  }

  GatewayAddress const& address_;
  CanaryAsked const& asked_;
  std::chrono::seconds patience_;
  std::ostream& out_;
  std::ostream& errors_;
  std::string last_told_;
};

}  // namespace

std::string missing_in(CanaryAsked const& asked) {
  if (asked.action != "status" && asked.service.empty()) return "expected the name of a service";
  if (asked.action == "weights") {
    if (asked.more.empty()) return "expected weights such as next:25";
    for (auto const& text : asked.more)
      if (!share_of(text)) return fmt::format("expected VERSION:PERCENT such as next:25, found '{}'", text);
    return {};
  }
  auto const most = asked.action == "start" ? std::size_t{1} : std::size_t{0};
  return asked.more.size() > most ? fmt::format("found '{}', and expected nothing there", asked.more[most])
                                  : std::string{};
}

int ask_canary(GatewayAddress const& address, CanaryAsked const& asked, std::chrono::seconds patience,
               std::ostream& out, std::ostream& errors) {
  return CanaryCommand(address, asked, patience, out, errors).perform();
}

}  // namespace gateway::cli
