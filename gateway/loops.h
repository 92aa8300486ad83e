// The loops of the program: their threads, and how the first one asks the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/round.h"
#include "gateway/shard.h"

namespace gateway {

/// Owns the shards. Lives on the first loop, whose thread is the one that calls `run`.
class Loops {
 public:
  Loops(Shared const& shared, Shard::Owner& owner);

  [[nodiscard]] std::size_t size() const { return shards_.size(); }
  [[nodiscard]] Shard& first() const { return *shards_.front(); }
  [[nodiscard]] Shard& at(std::size_t number) const { return *shards_[number]; }

  /// Serves until every loop was stopped.
  void run();

  /// Has every shard do it: the first now, the others as soon as they read their mailbox.
  template <typename Action>
  void on_each(Action action) {
    for (std::size_t i = 1; i < shards_.size(); ++i) {
      shards_[i]->post([shard = shards_[i].get(), action] { action(*shard); });
    }
    action(first());
  }

  /// Called on loop `from`: does it on the first loop; now, if that is the calling one.
  template <typename Action>
  void on_first(std::size_t from, Action action) {
    if (from == 0) return action();
    first().post(std::move(action));
  }

  /// Puts a question to loops, each on its own thread: `question(shard, answer)`, where
  /// `answer` is called there, now or later. `tell` is called here, when all have
  /// answered or `patience` is over.
  template <typename Said, typename Question>
  void ask(std::vector<std::size_t> const& loops, Duration patience, Question question,
           typename RoundOf<Said>::Tell tell) {
    auto const round = ++last_round_;
    rounds_.emplace(round,
                    std::make_unique<RoundOf<Said>>(loops.size(), first().loop().now() + patience, std::move(tell)));
    for (std::size_t place = 0; place < loops.size(); ++place) {
      auto const loop = loops[place];
      auto const answer = [this, round, place, loop](Said said) {
        on_first(loop,
                 [this, round, place, said = std::move(said)]() mutable { heard(round, place, std::move(said)); });
      };
      auto const put = [shard = shards_[loop].get(), question, answer] { question(*shard, answer); };
      if (loop == 0) {
        put();
      } else {
        shards_[loop]->post(put);
      }
    }
  }
  /// The same question to all loops.
  template <typename Said, typename Question>
  void ask_all(Duration patience, Question question, typename RoundOf<Said>::Tell tell) {
    ask<Said>(all(), patience, std::move(question), std::move(tell));
  }

  /// To be called often: completes the rounds whose patience is over.
  void finish_late_rounds();

 private:
  /// The number of a round determines the type of its answers.
  template <typename Said>
  void heard(std::uint64_t round, std::size_t place, Said said) {
    auto const found = rounds_.find(round);
    if (found == rounds_.end()) return;  // it was late
    static_cast<RoundOf<Said>&>(*found->second).hear(place, std::move(said));
    if (found->second->is_complete()) finish_round(round);
  }
  void finish_round(std::uint64_t round);
  void start_threads();
  [[nodiscard]] std::vector<std::size_t> all() const;

  std::vector<std::unique_ptr<Shard>> shards_;              ///< by number
  std::vector<std::thread> threads_;                        ///< of all shards but the first
  std::map<std::uint64_t, std::unique_ptr<Round>> rounds_;  ///< not complete yet
  std::uint64_t last_round_ = 0;
};

}  // namespace gateway
