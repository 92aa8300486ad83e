#include "gateway/backend/upkeep.h"

#include <fmt/format.h>

#include <cstddef>
#include <memory>

#include "gateway/backend/probe_question.h"
#include "gateway/backend/recycling.h"

namespace gateway::backend {

namespace {

/// How often a peer's memory is looked at, and so the most often it is replaced.
constexpr Duration kWeighEvery = seconds(10);

}  // namespace

Upkeep::Upkeep(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, Peer& peer,
               CallBook& book, Audience const& audience, ToolListing const& tools, Asker& asker, mcp::Sharing sharing)
    : context_(context),
      config_(config),
      metrics_(metrics),
      peer_(peer),
      book_(book),
      audience_(audience),
      tools_(tools),
      asker_(asker),
      sharing_(sharing) {
  if (config_.probe && sharing_ == mcp::Sharing::Shared && config_.isolation != config::Isolation::Session)
    deep_probe_.emplace(*config_.probe);
}

void Upkeep::tick(TimePoint now) {
  recycle_when_due(now);
  sleep_when_unused(now);
  if (deep_probe_) probe_when_due(now);  // last: a probe under way is something to do
}

void Upkeep::end_if_hung() {
  if (!book_.take_hang()) return;
  context_.log.warn("child.hang", "child gave no sound through several timeouts and is ended",
                    {{"server", config_.name}, {"child.pid", peer_.pid()}});
  book_.fail_sent("it did not answer and is ended");
  peer_.end_hung();
}

/// Nothing is lost that somebody waits for, and what sessions know of it is whole.
bool Upkeep::has_nothing_to_do() const {
  return sharing_ == mcp::Sharing::Shared && peer_.state() == PeerState::Ready && book_.empty() && !tools_.under_way();
}

void Upkeep::sleep_when_unused(TimePoint now) {
  auto const sleeps = config_.isolation == config::Isolation::Shared && config_.idle_stop > Duration{};
  if (!sleeps || !audience_.empty() || now - audience_.unused_since() < config_.idle_stop || !has_nothing_to_do())
    return;
  context_.log.info("child.idle", "child is stopped until somebody uses it",
                    {{"server", config_.name}, {"child.pid", peer_.pid()}});
  peer_.sleep();
}

/// Its memory is looked at only at a moment when it could be replaced.
void Upkeep::recycle_when_due(TimePoint now) {
  auto const& config = config_.recycle;
  if ((config.max_age == milliseconds{} && config.max_memory == 0) || !has_nothing_to_do()) return;
  std::size_t memory = 0;
  if (config.max_memory > 0 && now - weighed_ >= kWeighEvery) {
    weighed_ = now;
    memory = peer_.usage().memory;
  }
  auto const age = now - peer_.started();
  auto const reason = recycle_reason(config, age, memory);
  if (reason.empty()) return;
  context_.log.info("child.recycle", "child is replaced by another run while it has nothing to do",
                    {{"server", config_.name},
                     {"child.pid", peer_.pid()},
                     {"reason", reason},
                     {"age_seconds", to_ms(age) / 1000},
                     {"memory_bytes", memory}});
  peer_.renew(reason);
}

/// Not before the tools were listed, and not while the peer rests.
void Upkeep::probe_when_due(TimePoint now) {
  auto const up = peer_.state() == PeerState::Ready && !tools_.under_way();
  if (!up || !deep_probe_->due(now)) return;
  deep_probe_->begin();
  asker_.ask_in_turn(std::make_unique<ProbeQuestion>(context_, config_, metrics_, *deep_probe_));
}

}  // namespace gateway::backend
