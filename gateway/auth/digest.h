// SHA-256 of what must be recognized, but not kept or shown.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace gateway::auth {

using Digest = std::array<unsigned char, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] std::string to_hex(Digest const& digest);
/// The first twelve hex digits: enough to follow something through a log, of no
/// use to whoever reads it.
[[nodiscard]] std::string short_hash(std::string_view bytes);

}  // namespace gateway::auth
