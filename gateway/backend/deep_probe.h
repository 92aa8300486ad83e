// When a child is probed, and what the last probe showed.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"

namespace gateway::backend {

/// Decides; its owner asks the child and has the answer judged. One failure is
/// asked again at once before it counts: a connection that was lost meanwhile
/// fails the first call after it. Pure: given the time and random numbers.
class DeepProbe {
 public:
  enum class Standing : std::uint8_t { Unknown, Passed, Failed };

  explicit DeepProbe(config::ProbeConfig const& config) : config_(config) {}

  /// Whether to ask now. One question at a time.
  [[nodiscard]] bool due(TimePoint now) const { return !asking_ && now >= next_; }
  void begin() { asking_ = true; }

  /// The answer was judged; an empty `fault` is a good one. `random` is any 64
  /// bits. True when that changed what is known.
  bool judged(TimePoint now, Duration took, std::string fault, std::uint64_t random);
  /// No answer came, for a reason that is not the service's: tried again later.
  void dropped(TimePoint now, std::uint64_t random);
  /// The child ended: of the next run nothing is known.
  void forget();

  [[nodiscard]] Standing standing() const { return standing_; }
  [[nodiscard]] std::string const& fault() const { return fault_; }
  /// Of the last probe that was judged.
  [[nodiscard]] TimePoint judged_at() const { return judged_at_; }
  [[nodiscard]] Duration took() const { return took_; }

 private:
  void schedule(TimePoint now, std::uint64_t random);

  config::ProbeConfig const& config_;
  bool asking_ = false;
  bool retrying_ = false;
  TimePoint next_;
  Standing standing_ = Standing::Unknown;
  std::string fault_;
  TimePoint judged_at_;
  Duration took_{};
};

}  // namespace gateway::backend
