// What becomes of a child that has nothing to do: stopped until somebody comes, or
// replaced by another run.
#include "gateway/backend/multiplexer.h"
#include "gateway/backend/recycling.h"

namespace gateway::backend {

namespace {
/// How often a child's memory is looked at, and so the most often it is replaced.
constexpr Duration kWeighEvery = seconds(10);
}  // namespace

/// Nothing is lost that somebody waits for, and what sessions know of it is whole.
bool Multiplexer::has_nothing_to_do() const {
  return sharing_ == mcp::Sharing::Shared && peer_->state() == PeerState::Ready && calls_.size() == 0 &&
         waiting_.empty() && !tools_.under_way();
}

void Multiplexer::sleep_when_unused(TimePoint now) {
  auto const sleeps = config_.isolation == config::Isolation::Shared && config_.idle_stop > Duration{};
  if (!sleeps || !audience_.empty() || now - audience_.unused_since() < config_.idle_stop || !has_nothing_to_do())
    return;
  around_.world.log.info("child.idle", "child is stopped until somebody uses it",
                         {{"server", config_.name}, {"child.pid", peer_->pid()}});
  peer_->sleep();
}

/// Its memory is weighed only at a moment when it could be replaced.
void Multiplexer::recycle_when_due(TimePoint now) {
  auto const& config = config_.recycle;
  if ((config.max_age == milliseconds{} && config.max_memory == 0) || !has_nothing_to_do()) return;
  std::size_t memory = 0;
  if (config.max_memory > 0 && now - weighed_ >= kWeighEvery) {
    weighed_ = now;
    memory = peer_->usage().memory;
  }
  auto const age = now - peer_->started();
  auto const reason = recycle_reason(config, age, memory);
  if (reason.empty()) return;
  around_.world.log.info("child.recycle", "child is replaced by another run while it has nothing to do",
                         {{"server", config_.name},
                          {"child.pid", peer_->pid()},
                          {"reason", reason},
                          {"age_seconds", to_ms(age) / 1000},
                          {"memory_bytes", memory}});
  peer_->renew(reason);
}

}  // namespace gateway::backend
