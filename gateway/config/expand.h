// The one place where `${VAR}`, `${VAR:-default}` and `${file:/path}` become
// what they stand for, and where those of editors are explained.
#pragma once

#include "gateway/config/json.h"

namespace gateway::config {

/// Expands every text in `value`. One that cannot be expanded is reported and
/// becomes `discarded`, so that it is not reported again when it is read.
void expand_variables(ConfigPlace const& place, Json& value, Environment const& environment);

/// How it is said that a variable is not set: the beginning of the error.
[[nodiscard]] std::string unset_text(std::string_view variable);

}  // namespace gateway::config
