#include "gateway/upgrade_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace gateway {

namespace {

using Json = nlohmann::json;

constexpr char const* kKind = "message";

// In the order of the variant.
constexpr std::array<char const*, std::variant_size_v<UpgradeMessage>> kKinds{
    "listener", "begin", "serve",        "abandon",    "failed",  "starting",
    "serving",  "keep",  "end_sessions", "connection", "leaving", "knows_leaving"};

void put(Json& json, ListenerOffer const& offer) { json["name"] = offer.name; }
void put(Json& json, Begin const& begin) {
  json["generation"] = begin.generation.number;
  json["open_files_of_children"] = begin.open_files_of_children;
  json["predecessors"] = begin.predecessors;
}
void put(Json&, Serve const&) {}
void put(Json&, Abandon const&) {}
void put(Json& json, StartFailed const& failed) { json["why"] = failed.why; }
void put(Json& json, Starting const& starting) {
  auto& services = json["services"] = Json::array();
  for (auto const& service : starting.services) {
    services.push_back(
        {{"name", service.name}, {"settled", service.is_settled}, {"works", service.works}, {"why", service.why}});
  }
  json["more"] = starting.more;
}
void put(Json&, Serving const&) {}
void put(Json&, Leaving const&) {}
void put(Json&, KnowsLeaving const&) {}
void put(Json& json, Keep const& keep) {
  json["serve_again"] = keep.serve_again;
  auto& listen = json["listen"] = Json::array();
  for (auto const& [host, port] : keep.listen) listen.push_back({{"host", host}, {"port", port}});
}
void put(Json&, EndSessions const&) {}
void put(Json& json, PassedConnection const& passed) {
  json["listener"] = passed.listener;
  json["has_origin"] = passed.has_origin;
  json["remote"] = passed.remote;
  if (passed.certificate) {
    json["certificate"] = {{"name", passed.certificate->name},
                           {"expires", passed.certificate->expires.time_since_epoch().count()}};
  }
}

void take(Json const& json, ListenerOffer& offer) { offer.name = json.value("name", ""); }
void take(Json const& json, Begin& begin) {
  begin.generation.number = json.value("generation", std::size_t{}) % kGenerations;
  begin.open_files_of_children = json.value("open_files_of_children", std::size_t{});
  begin.predecessors = json.value("predecessors", std::size_t{1});
}
void take(Json const&, Serve&) {}
void take(Json const&, Abandon&) {}
void take(Json const& json, StartFailed& failed) { failed.why = json.value("why", ""); }
void take(Json const& json, Starting& starting) {
  for (auto const& service : json.value("services", Json::array())) {
    starting.services.push_back({.name = service.value("name", ""),
                                 .is_settled = service.value("settled", false),
                                 .works = service.value("works", false),
                                 .why = service.value("why", "")});
  }
  starting.more = json.value("more", false);
}
void take(Json const&, Serving&) {}
void take(Json const&, Leaving&) {}
void take(Json const&, KnowsLeaving&) {}
void take(Json const& json, Keep& keep) {
  keep.serve_again = json.value("serve_again", true);
  for (auto const& address : json.value("listen", Json::array()))
    keep.listen.push_back({.host = address.value("host", ""), .port = address.value("port", std::uint16_t{0})});
}
void take(Json const&, EndSessions&) {}
void take(Json const& json, PassedConnection& passed) {
  passed.listener = json.value("listener", "");
  passed.has_origin = json.value("has_origin", false);
  passed.remote = json.value("remote", "");
  auto const certificate = json.find("certificate");
  if (certificate == json.end()) return;
  using Count = UnixTime::duration::rep;
  passed.certificate =
      ClientCertificate{.name = certificate->value("name", ""),
                        .expires = UnixTime(UnixTime::duration(certificate->value("expires", Count{})))};
}

template <std::size_t place = 0>
std::optional<UpgradeMessage> read_as(std::string_view kind, Json const& json) {
  if constexpr (place == std::variant_size_v<UpgradeMessage>) {
    return std::nullopt;
  } else {
    if (kind != kKinds[place]) return read_as<place + 1>(kind, json);
    std::variant_alternative_t<place, UpgradeMessage> message{};
    take(json, message);
    return message;
  }
}

}  // namespace

std::string to_text(UpgradeMessage const& message) {
  Json json{{kKind, kKinds[message.index()]}};
  std::visit([&](auto const& each) { put(json, each); }, message);
  // What programs say may be in it, as why they did not start.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<UpgradeMessage> read_upgrade_message(std::string_view text) {
  auto const json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return read_as(json.value(kKind, ""), json);
  } catch (Json::exception const&) {
    return std::nullopt;  // a member is of another type
  }
}

std::vector<Starting> parts_of(Starting starting) {
  constexpr std::size_t kServicesOfPart = 40;
  constexpr std::size_t kMostWhy = 200;
  std::vector<Starting> parts(1);
  for (auto& service : starting.services) {
    if (parts.back().services.size() == kServicesOfPart) {
      parts.back().more = true;
      parts.emplace_back();
    }
    service.why.resize(std::min(service.why.size(), kMostWhy));
    parts.back().services.push_back(std::move(service));
  }
  return parts;
}

Readiness judge(std::vector<std::string> const& works_now, Starting const& next) {
  Readiness readiness;
  auto settled = true;
  for (auto const& service : next.services) {
    if (service.works || std::ranges::find(works_now, service.name) == works_now.end()) continue;
    readiness.why += fmt::format("{}service {}: {}", readiness.why.empty() ? "" : "; ", service.name, service.why);
    settled = settled && service.is_settled;
  }
  if (readiness.why.empty()) return readiness;
  readiness.verdict = settled ? Readiness::Verdict::Never : Readiness::Verdict::NotYet;
  return readiness;
}

}  // namespace gateway
