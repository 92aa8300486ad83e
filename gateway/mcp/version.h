// The protocol revisions that have an `initialize`, and what each allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gateway::mcp {

/// What the revisions differ in most: whether a client opens a session, or says everything with every request.
enum class Era : std::uint8_t {
  Sessions,   ///< 2024-11-05 to 2025-11-25
  Stateless,  ///< 2026-07-28
};

/// In the order of their dates, so that they compare.
enum class Revision : std::uint8_t { R2024_11_05, R2025_03_26, R2025_06_18, R2025_11_25 };

inline constexpr Revision kNewest = Revision::R2025_11_25;

[[nodiscard]] std::string_view to_text(Revision revision);
[[nodiscard]] std::optional<Revision> revision_from(std::string_view text);

/// Arrays of messages: legal in 2025-03-26 alone.
[[nodiscard]] constexpr bool has_batches(Revision revision) { return revision == Revision::R2025_03_26; }
/// A stream may begin with an event that has an id and no data, so that a
/// client can resume before the first message. Older clients choke on it.
[[nodiscard]] constexpr bool has_priming_events(Revision revision) { return revision >= Revision::R2025_11_25; }

/// The version to answer an `initialize` with: what the client asked for where
/// both know it, else the child's own. Never above the child's.
[[nodiscard]] Revision negotiate(std::string_view asked_by_client, Revision child);

}  // namespace gateway::mcp
