// Request methods as words.
#pragma once

#include <string_view>

#include "gateway/http/request_head.h"

namespace gateway::http {

/// "GET"; "_OTHER" for a method that is not known by name, as OpenTelemetry's HTTP conventions call it.
[[nodiscard]] std::string_view name_of(Method method);

}  // namespace gateway::http
