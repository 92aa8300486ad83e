#include "gateway/loops.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <numeric>

namespace gateway {

Loops::Loops(Shared const& shared, Shard::Owner& owner) {
  for (std::size_t i = 0; i < shared.directory.loops(); ++i) {
    shards_.push_back(std::make_unique<Shard>(i, shared, owner));
  }
}

void Loops::run() {
  start_threads();
  first().run();
  for (auto& thread : threads_) thread.join();
}

/// Signals are handled by the first thread.
void Loops::start_threads() {
  sigset_t all_signals;
  sigset_t before;
  sigfillset(&all_signals);
  pthread_sigmask(SIG_SETMASK, &all_signals, &before);
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    threads_.emplace_back([shard = shards_[i].get()] { shard->run(); });
    // As top and ps show it; the kernel accepts 15 characters.
    pthread_setname_np(threads_.back().native_handle(), fmt::format("mcp-gw-loop-{}", i).c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Loops::finish_round(std::uint64_t round) {
  auto const done = rounds_.extract(round);
  if (!done.empty()) done.mapped()->finish();
}

void Loops::finish_late_rounds() {
  std::vector<std::uint64_t> late;
  for (auto const& [number, round] : rounds_) {
    if (round->is_late(first().loop().now())) late.push_back(number);
  }
  for (auto const number : late) finish_round(number);
}

std::vector<std::size_t> Loops::all() const {
  std::vector<std::size_t> numbers(shards_.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace gateway
