// The address of a running gateway, as somebody types it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace gateway::cli {

/// What to do with a page that the address itself names.
enum class NamedPage { Ask, Replace };

/// The URL of `page` at `address`: `9090`, `HOST`, `HOST:9090`, `http://HOST:9090/`; empty
/// is the usual admin listener of this machine. A page in the address is asked for
/// instead, or not, as `named` says; what stands before it is kept.
[[nodiscard]] Result<std::string> url_of(std::string_view address, std::string_view page, NamedPage named);

}  // namespace gateway::cli
