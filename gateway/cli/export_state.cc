// export-state: what runs, in one file that may be kept and shown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "gateway/build_info.h"
#include "gateway/cli/deployments.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/target.h"
#include "gateway/config/profile.h"
#include "gateway/config/reader.h"
#include "gateway/deploy/book.h"
#include "gateway/deploy/exit_codes.h"
#include "gateway/log/redaction.h"

extern char** environ;

namespace gateway::cli {

namespace {

using StateJson = nlohmann::ordered_json;

constexpr std::chrono::seconds kStatusPatience{10};
constexpr std::string_view kHidden = "***";

/// Keys under which every text may be a secret.
bool hides_all_below(std::string_view key) { return key == "env" || key == "headers"; }

bool names_a_secret(std::string_view text) {
  constexpr std::array<std::string_view, 6> kNames{"token", "secret", "password", "passwd", "api_key", "apikey"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::ranges::replace(lower, '-', '_');
  return std::ranges::any_of(kNames, [&](std::string_view name) { return lower.find(name) != lower.npos; });
}

/// `${NAME}` and `${file:...}` say where a secret is, not what it is.
bool is_reference(std::string_view text) {
  return text.starts_with("${") && text.find('}') == text.size() - 1 && text.find(":-") == text.npos;
}

void hide_text(StateJson& value) {
  if (value.is_string() && !value.get_ref<std::string const&>().empty() &&
      !is_reference(value.get_ref<std::string const&>()))
    value = kHidden;
}

enum class Below { Shown, Hidden };

/// Texts under keys that hold secrets; in lists of arguments, those that say so themselves, or follow one that does.
void hide_secrets(StateJson& value, Below below) {
  if (value.is_object()) {
    for (auto const& [key, each] : value.items()) {
      auto const hidden = below == Below::Hidden || hides_all_below(key) || (names_a_secret(key) && each.is_string());
      hide_secrets(each, hidden ? Below::Hidden : Below::Shown);
    }
  } else if (value.is_array()) {
    auto follows = false;
    for (auto& each : value) {
      auto const text = each.is_string() ? each.get<std::string>() : std::string{};
      auto const says_so = text.starts_with('-') && names_a_secret(text);
      auto const equals = text.find('=');
      hide_secrets(each, below == Below::Hidden || follows ? Below::Hidden : Below::Shown);
      if (says_so && equals != text.npos) each = text.substr(0, equals + 1) + std::string(kHidden);
      follows = says_so && equals == text.npos;
    }
  } else if (below == Below::Hidden) {
    if (value.is_number() || value.is_boolean()) return;
    hide_text(value);
  }
}

StateJson entry_json(deploy::Entry const& entry) { return StateJson::parse(deploy::to_line(entry)); }

StateJson instance_of(Target const& target) {
  auto const url = url_of(target.health.text, "/api/status", NamedPage::Replace);
  auto const answer = http_get(*url, target.health.trust, kStatusPatience);
  auto status = answer ? StateJson::parse(answer->body, nullptr, false) : StateJson{};
  if (status.is_object()) return status;
  return {{"status", "not running"}, {"reason", answer ? "it does not show its status" : answer.error().what}};
}

StateJson traffic_of(deploy::StateFolder const& state) {
  auto const text = deploy::content_of_file(state.traffic());
  auto json = text ? StateJson::parse(*text, nullptr, false) : StateJson{};
  return json.is_object() ? json : StateJson{};
}

}  // namespace

int export_state(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  auto const failed = [&errors](int code, std::string_view why) {
    errors << fmt::format("export-state: {}\n", why);
    return code;
  };
  auto const target = find_target(arguments, errors);
  auto const texts = read_config_texts(arguments.config());
  if (!target || !texts) return deploy::kWrongUsage;
  auto const whole = config::whole_config(texts->text, config::process_environment(), texts->folder,
                                          texts->profile ? &*texts->profile : nullptr);
  if (!whole) return failed(deploy::kWrongUsage, "the configuration cannot be put into one file");
  auto config = *whole;
  hide_secrets(config, Below::Shown);
  auto const state = state_of(arguments);
  auto const book = deploy::book_of(state, arguments.profile);
  auto const current = book ? deploy::current_of(*book) : std::nullopt;
  StateJson content{
      {"profile", arguments.profile},
      {"program",
       {{"version", std::string(kVersion)}, {"revision", std::string(kRevision)}, {"built", std::string(kBuildTime)}}},
      {"release", current ? entry_json(*current) : StateJson{}},
      {"traffic", traffic_of(state)},
      {"instance", instance_of(*target)},
      {"config_sha256", deploy::sha256_of(whole->dump(2) + "\n")},
      {"config", std::move(config)},
  };
  // Whatever stands elsewhere than where it belongs.
  auto const text = log::Redaction(log::secrets_of(target->config, environ))
                        .apply(content.dump(-1, ' ', false, StateJson::error_handler_t::replace));
  auto const safe = StateJson::parse(text, nullptr, false);
  if (safe.is_discarded())
    return failed(deploy::kCheckFailed, "a secret is a part of JSON's own words, so nothing is written");
  StateJson const file{{"sha256", deploy::sha256_of(safe.dump())}, {"state", safe}};
  auto const& output = arguments.deployment.output;
  if (auto const written = deploy::write_whole(output, file.dump(2) + "\n"); !written)
    return failed(deploy::kCheckFailed, written.error().what);
  if (arguments.deployment.json) {
    out << StateJson{{"output", output}, {"sha256", file["sha256"]}}.dump() << '\n';
  } else {
    out << fmt::format("{}: state written to {}, sha256 {}\n", arguments.profile, output,
                       file["sha256"].get<std::string>());
  }
  return deploy::kWell;
}

}  // namespace gateway::cli
