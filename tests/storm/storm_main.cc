// Storms from seeds: storm [FIRST_SEED [STEPS [STEPS_A_STORM [aloud]]]]. Says which seed broke a rule.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <exception>

#include "tests/storm/storm.h"

int main(int argc, char** argv) {
  auto const number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  auto seed = number(1, 1);
  auto const steps = number(2, 100'000);
  auto const each = number(3, 400);
  using Telling = gateway::storm::Ledger::Telling;
  auto const telling = argc > 4 ? Telling::Aloud : Telling::Silent;
  gateway::storm::Seen seen;
  for (std::uint64_t done = 0; done < steps; done += each, ++seed) {
    fmt::print(stderr, "\rseed {}, {} steps", seed, done);
    gateway::storm::SeededChoices choices(seed);
    try {
      seen.add(gateway::storm::live_through(choices, each, seed, telling));
    } catch (std::exception const& broken) {
      fmt::print(stderr, "\nseed {} ({} steps a storm): {}\n", seed, each, broken.what());
      return 1;
    }
  }
  fmt::print(stderr, "\n");
  fmt::print("{} steps, nothing was broken\n", steps);
  fmt::print(
      "stateless clients: {} answers, {} questions, {} calls taken up, {} requests with a state that is not theirs, "
      "{} cancelled, {} events, {} log messages\n",
      seen.stateless, seen.questions, seen.taken_up, seen.refused, seen.cancelled, seen.news, seen.logs);
  return 0;
}
