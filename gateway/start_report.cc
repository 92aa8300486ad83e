#include "gateway/start_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/counted.h"

namespace gateway {

namespace {

/// Servers without tools are ready without a list of them. One is asked for at once, so
/// this many looks are enough.
constexpr unsigned kLooksForTools = 4;
constexpr std::size_t kLongestReason = 400;

bool is_every(config::ListenAddress const& address) { return address.host == "0.0.0.0" || address.host == "::"; }

/// A reason may end with what the child wrote.
std::string first_line(std::string const& reason) {
  return reason.substr(0, std::min(reason.find('\n'), kLongestReason));
}

bool is_in_trouble(std::string const& state) {
  return state == "backoff" || state == "crash_loop" || state == "unavailable";
}

bool is_well(std::string const& state) { return state == "ready" || state == "idle" || state == "on_demand"; }

}  // namespace

std::string url_of(OpenListener const& listener) {
  auto here = listener.address;
  if (is_every(here)) here.host = here.host == "::" ? "::1" : "127.0.0.1";
  return (listener.has_tls ? "https://" : "http://") + to_string(here);
}

StartReport::StartReport(About about) : about_(std::move(about)) {
  for (auto const& name : about_.services) {
    width_ = std::max(width_, name.size());
    told_.emplace(name, Told{});
  }
}

std::string StartReport::beginning() const {
  auto const& listening = about_.listening;
  auto text = fmt::format("\nmcp-gateway {} serves {} at {}{}; Ctrl-C ends it.\n", about_.version,
                          counted(about_.services.size(), "service"), url_of(listening.main),
                          is_every(listening.main.address) ? " and this machine's other addresses" : "");
  if (about_.asks_token) text += "Clients must show a bearer token.\n";
  if (listening.admin) {
    text += fmt::format("Status page: {}/\n", url_of(*listening.admin));
  } else if (about_.single) {
    text += "Status page: none; --admin 9090 gives one.\n";
  }
  for (auto const& group : about_.groups) {
    text += fmt::format("{} joined: {}/{}/mcp{}\n", counted(group.members.size(), "service"), url_of(listening.main),
                        group.name, group.at_root ? ", and at /mcp" : "");
  }
  return text + "\n";
}

std::string StartReport::look(std::vector<health::ServiceHealth> const& services, Duration since) {
  std::string lines;
  for (auto const& service : services) lines += look_at(service, since);
  return lines;
}

bool StartReport::is_over(Duration since) const {
  auto const all =
      std::all_of(told_.begin(), told_.end(), [](auto const& each) { return each.second.ready || each.second.final; });
  return all || since >= kWatch;
}

std::string StartReport::look_at(health::ServiceHealth const& service, Duration since) {
  auto const found = told_.find(service.name);
  if (found == told_.end()) return {};
  auto& told = found->second;
  if (told.ready || told.final) return {};
  if (is_well(service.state)) {
    auto const on_demand = service.state == "on_demand";
    if (!on_demand && !service.tools_known && ++told.without_tools < kLooksForTools) return {};
    told.ready = true;
    auto const offers = on_demand             ? std::string("a child for each session ")
                        : service.tools_known ? counted(service.tools, "tool")
                                              : std::string("ready");
    return line(service.name, fmt::format("{:<9} {}", offers, urls(service.name)));
  }
  if (is_in_trouble(service.state) && !told.trouble) {
    told.trouble = true;
    told.final = service.state == "unavailable";
    auto const goes_on = told.final ? "" : "; it is tried again";
    return line(service.name, fmt::format("{}{}", first_line(service.reason), goes_on));
  }
  if (since < kPatience || told.waiting || told.trouble) return {};
  told.waiting = true;
  return line(service.name, fmt::format("still starting after {} s", to_ms(kPatience) / 1000));
}

std::string StartReport::line(std::string const& service, std::string const& text) const {
  return fmt::format("  {:<{}}  {}\n", service, width_, text);
}

std::string StartReport::urls(std::string const& service) const {
  auto const main = url_of(about_.listening.main) + (about_.single ? "" : "/" + service);
  auto text = fmt::format("{0}/mcp  {0}/sse", main);
  auto const own = about_.listening.of_services.find(service);
  if (own != about_.listening.of_services.end()) text += fmt::format("  {}/mcp", url_of(own->second));
  return text;
}

}  // namespace gateway
