// Whatever a configuration file holds, reading it ends with a Config or with
// errors that can be shown. The environment and its files are the test's own.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/config/reader.h"

namespace {

using namespace gateway;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

config::Environment environment() {
  return {.variable = [](std::string const& name) -> std::optional<std::string> {
            if (name.size() > 4) return std::nullopt;
            return name == "SELF" ? "${SELF}" : name + "1";
          },
          .file = [](std::string const& path) -> Result<std::string> {
            if (path.size() > 4) return Error{"the file cannot be read: it is not there"};
            return std::string("content\n");
          }};
}

void check_config(config::Config const& config) {
  require(!config.services.empty(), "a configuration has a service");
  for (auto const& service : config.services) {
    require(!service.name.empty() && service.name.size() <= 64, "a service has a short name");
    require(!service.command.empty() || !service.available(), "a service that is started has a command");
    require(service.call_timeout <= service.call_timeout_max, "timeouts in their order");
    require(!service.probe || service.probe->tool.empty() != service.probe->method.empty(), "a probe asks one thing");
    require(service.unmet.size() <= service.needs.size(), "what is missing was needed");
    require(service.replicas >= 1, "a service has a child");
    require(service.restart.backoff_initial <= service.restart.backoff_max, "waits in their order");
  }
  for (auto const& token : config.gateway.auth.tokens)
    require(token.token.empty() != token.sha256.empty(), "one of both");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const result = config::read_config(text, environment());
  if (auto const* const config = std::get_if<config::Config>(&result)) {
    check_config(*config);
    return 0;
  }
  auto const& errors = std::get<config::ConfigErrors>(result).errors;
  require(!errors.empty(), "a refusal says why");
  for (auto const& error : errors) require(!error.what.empty(), "an error is a sentence");
  return 0;
}
