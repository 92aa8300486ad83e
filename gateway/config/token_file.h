// The file of `gateway.auth.tokens_file`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace gateway::config {

/// The tokens of a file `{"tokens": [...]}`, each as in gateway.auth.tokens, without variables. The error names the
/// file and the first thing that is wrong with it, and shows no token.
[[nodiscard]] Result<std::vector<AuthToken>> read_token_file(std::string_view text, std::string const& path);

}  // namespace gateway::config
