// The `_meta` of requests of the stateless revision, of which each repeats all that its client says of itself.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/mcp/envelope.h"

namespace gateway::mcp {

/// Remembers the last few texts of a `_meta` that was nothing but an envelope. A request with one of them, byte for byte,
/// need not have it validated and read again.
class EnvelopeCache {
 public:
  /// Longer ones are not kept.
  static constexpr std::size_t kMaxBytes = 2048;

  EnvelopeCache() = default;
  EnvelopeCache(EnvelopeCache const&) = delete;
  EnvelopeCache& operator=(EnvelopeCache const&) = delete;

  /// The envelope at the front of `rest`, as views of it, and how many bytes are its `_meta`. 0: none that is known.
  struct Found {
    std::size_t bytes = 0;
    RawEnvelope envelope;
  };
  [[nodiscard]] Found find(std::string_view rest) const;

  /// `envelope` was read from `raw_meta`, an object that was validated and has no other members.
  void keep(std::string_view raw_meta, RawEnvelope const& envelope);

 private:
  struct Entry {
    std::string text;
    RawEnvelope envelope;  ///< views of the text
  };
  std::array<Entry, 4> entries_;
  std::size_t next_ = 0;  ///< which is replaced next
};

}  // namespace gateway::mcp
