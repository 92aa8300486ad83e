#include "gateway/config/include.h"

#include <filesystem>

#include "gateway/config/kinds.h"

namespace gateway::config {
namespace {

constexpr std::string_view kDir = "${dir}";

/// The folder as it must be written to stay what it is when variables are expanded.
std::string escaped(std::string_view folder) {
  std::string text;
  for (std::size_t at = 0; at < folder.size(); ++at) {
    if (folder.substr(at, 2) == "${") text += '$';
    text += folder[at];
  }
  return text;
}

void put_folder(std::string& text, std::string const& folder) {
  for (auto at = text.find(kDir); at != text.npos; at = text.find(kDir, at)) {
    if (at > 0 && text[at - 1] == '$') {  // `$${dir}` is meant literally
      at += kDir.size();
      continue;
    }
    text.replace(at, kDir.size(), folder);
    at += folder.size();
  }
}

void put_folder_in(Json& value, std::string const& folder) {
  if (value.is_structured()) {
    for (auto& each : value) put_folder_in(each, folder);
  } else if (value.is_string()) {
    put_folder(value.get_ref<std::string&>(), folder);
  }
}

/// The tree of one included file; empty, and reported, when it cannot be had.
std::optional<Json> read_tree(ConfigPlace const& place, std::string const& name, std::string const& path,
                              Environment const& environment) {
  auto const text = environment.file(path);
  if (!text) {
    place.error(fmt::format("{} cannot be included: {}", name, text.error().what));
    return std::nullopt;
  }
  ConfigReport own;
  auto tree = parse_config_json(*text, own);
  for (auto const& error : own.errors) place.error(fmt::format("in {}: {}: {}", name, error.path, error.what));
  if (!own.errors.empty()) return std::nullopt;
  return tree;
}

/// Takes the services of one file's tree in.
void take(IncludedServices& included, ConfigPlace const& place, std::string const& name, Json const& tree) {
  for (auto const& [key, value] : tree.items()) {
    if (key == "$schema" || key.starts_with("//") || key.starts_with('_')) continue;
    if (key == "include") {
      place.error(fmt::format("{} includes files itself, which an included file cannot", name));
    } else if (key != "mcpServers" && key != "servers") {
      place.error(fmt::format("{} may hold mcpServers only, found '{}'", name, key));
    } else if (!value.is_object()) {
      place.error(fmt::format("in {}: expected {} to be an object of services by name", name, key));
    } else {
      for (auto const& [service, entry] : value.items()) {
        auto const [other, is_new] = included.file_of.try_emplace(service, name);
        if (is_new) {
          included.entries[service] = entry;
        } else {
          place.error(fmt::format("the service '{}' is in {} and in {}", service, other->second, name));
        }
      }
    }
  }
}

}  // namespace

void set_folder(Json& value, std::string_view folder) { put_folder_in(value, escaped(folder)); }

IncludedServices read_included(ConfigPlace const& place, Json const& list, std::string_view folder,
                               Environment const& environment) {
  IncludedServices included;
  std::vector<std::string> names;
  Texts{}.read(place, list, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto const path = (std::filesystem::path(folder) / names[i]).lexically_normal();
    auto tree = read_tree(place.element(i), names[i], path.string(), environment);
    if (!tree) continue;
    set_folder(*tree, path.parent_path().string());
    take(included, place.element(i), names[i], *tree);
  }
  return included;
}

void lay_over(IncludedServices& included, Json& services) {
  if (!services.is_object()) return;
  for (auto const& [name, file] : included.file_of) {
    auto const over = services.find(name);
    if (over == services.end()) continue;
    included.entries[name].merge_patch(*over);
    services.erase(over);
  }
}

}  // namespace gateway::config
