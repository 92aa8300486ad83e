#include "gateway/config/sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

#include "gateway/config/fields.h"

namespace gateway::config {
namespace {

/// What all presets have in common.
SandboxConfig preset(std::string_view name) {
  SandboxConfig common;
  common.preset = name;
  common.max_open_files = 4096;
  common.max_processes = 64;
  common.max_file_size = kGiB;
  common.optional = {SandboxLayer::TcpPorts, SandboxLayer::Processes};
  return common;
}

/// Servers that only speak TCP, to these ports. 53 is DNS, for answers that do not fit into a datagram.
SandboxConfig client_of(std::string_view name, std::vector<std::uint16_t> ports) {
  auto made = preset(name);
  ports.insert(ports.begin(), 53);
  made.connect_ports = std::move(ports);
  made.bind_ports.emplace();
  return made;
}

SandboxConfig without_network(std::string_view name) {
  auto made = preset(name);
  made.network = NetworkReach::None;
  return made;
}

SandboxConfig filesystem() {
  auto made = without_network("filesystem");
  made.write_args = true;
  return made;
}

/// Chromium isolates its own parts in user namespaces, and needs many processes, and files in /tmp.
SandboxConfig playwright() {
  auto made = client_of("playwright", {80, 443});
  made.unix_sockets = true;
  made.user_namespaces = true;
  made.write = {"/tmp", "/dev/shm"};
  made.read = {"/etc/chromium", "/etc/chromium.d", "/etc/opt/chrome", "/sys/devices", "/sys/bus"};
  made.max_processes = 1024;
  made.max_open_files = 8192;
  return made;
}

template <typename List>
void put_in_front(List front, List& list) {
  std::ranges::copy_if(list, std::back_inserter(front),
                       [&](auto const& each) { return std::ranges::find(front, each) == front.end(); });
  list = std::move(front);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

bool is_root(std::string_view number) { return number.find_first_not_of('0') == number.npos; }

}  // namespace

std::vector<std::string_view> sandbox_presets() {
  return {"filesystem", "monitoring", "memory", "memory-file", "fetch",
          "postgres",   "github",     "n8n",    "playwright",  "timescaledb"};
}

std::optional<SandboxConfig> sandbox_preset(std::string_view name) {
  if (name == "filesystem") return filesystem();
  if (name == "memory-file") return without_network(name);
  if (name == "memory" || name == "postgres" || name == "timescaledb") return client_of(name, {5432});
  if (name == "monitoring") return client_of(name, {80, 443, 3000, 3100, 9090});
  if (name == "fetch") return client_of(name, {80, 443});
  if (name == "github") return client_of(name, {443});
  if (name == "n8n") return client_of(name, {80, 443, 5678});
  if (name == "playwright") return playwright();
  return std::nullopt;
}

bool is_sandbox_user(std::string_view text) {
  auto const colon = text.find(':');
  auto const user = text.substr(0, colon);
  if (is_number(user)) return !is_root(user) && (colon == text.npos || is_number(text.substr(colon + 1)));
  if (colon != text.npos || user.empty() || user == "root" || user.size() > 32) return false;
  if (std::isdigit(static_cast<unsigned char>(user.front())) || user.front() == '-') return false;
  return std::ranges::all_of(user, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
}

void SandboxOrPreset::read(ConfigPlace const& place, Json const& found, std::optional<SandboxConfig>& into) const {
  auto const named = found.is_object() ? found.value("preset", Json{}) : found;
  into.emplace();
  if (named.is_string()) {
    auto preset = sandbox_preset(named.get_ref<std::string const&>());
    auto const where = found.is_object() ? place.member("preset") : place;
    if (!preset) return where.mismatch(choice_text(sandbox_presets()), named);
    *into = std::move(*preset);
  } else if (!found.is_object() && !found.is_discarded()) {
    return place.mismatch_hidden("an object, or the name of a preset", found);
  }
  if (!found.is_object()) return;
  // Paths are added to those of the preset; any other setting replaces the preset's.
  auto const front = *into;
  read_fields(place, found, *into);
  put_in_front(front.read, into->read);
  put_in_front(front.execute, into->execute);
  put_in_front(front.write, into->write);
}

Json SandboxOrPreset::schema() const {
  auto schema = fields_schema<SandboxConfig>();
  schema["type"] = {"object", "string"};
  return schema;
}

void TcpPorts::read(ConfigPlace const& place, Json const& found,
                    std::optional<std::vector<std::uint16_t>>& into) const {
  if (found == "any") return into.reset();
  if (!found.is_array()) return place.mismatch_hidden("a list of ports, [443], or \"any\"", found);
  into.emplace();
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::size_t port = 0;
    kPort.read(place.element(i), found[i], port);
    if (port != 0) into->push_back(static_cast<std::uint16_t>(port));
  }
}

Json TcpPorts::schema() const { return {{"type", {"array", "string"}}, {"items", kPort.schema()}}; }

}  // namespace gateway::config
