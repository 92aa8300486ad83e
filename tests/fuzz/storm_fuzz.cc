// The stateful fuzzer: its bytes are the decisions of a storm.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>

#include "tests/storm/storm.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  gateway::storm::ByteChoices choices({data, size});
  try {
    (void)gateway::storm::live_through(choices, size, 1);
  } catch (std::exception const& broken) {
    fmt::print(stderr, "{}\n", broken.what());
    std::abort();
  }
  return 0;
}
