#include "gateway/mcp/envelope_cache.h"

namespace gateway::mcp {

namespace {

/// The same part of `to` as `part` is of `from`, which has the same text.
std::string_view moved(std::string_view part, std::string_view from, std::string_view to) {
  return part.empty() ? part : to.substr(static_cast<std::size_t>(part.data() - from.data()), part.size());
}

RawEnvelope moved(RawEnvelope const& envelope, std::string_view from, std::string_view to) {
  return {.version = moved(envelope.version, from, to),
          .client_info = moved(envelope.client_info, from, to),
          .capabilities = moved(envelope.capabilities, from, to),
          .log_level = moved(envelope.log_level, from, to),
          .repeated = {}};
}

}  // namespace

EnvelopeCache::Found EnvelopeCache::find(std::string_view rest) const {
  for (auto const& entry : entries_) {
    // An object that is complete ends where its text ends, whatever follows.
    if (!entry.text.empty() && rest.starts_with(entry.text)) {
      return {entry.text.size(), moved(entry.envelope, entry.text, rest)};
    }
  }
  return {};
}

void EnvelopeCache::keep(std::string_view raw_meta, RawEnvelope const& envelope) {
  if (raw_meta.size() > kMaxBytes || find(raw_meta).bytes == raw_meta.size()) return;
  auto& entry = entries_[next_];
  next_ = (next_ + 1) % entries_.size();
  entry.text.assign(raw_meta);
  entry.envelope = moved(envelope, raw_meta, entry.text);
}

}  // namespace gateway::mcp
