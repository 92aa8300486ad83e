// Whatever a child answers to a probe, it is judged: good, or a fault in words
// that can be shown.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/backend/probe_verdict.h"

namespace {

using namespace gateway::backend;
using namespace gateway::config;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void check_fault(std::string const& fault) {
  require(fault.size() < 1000, "a fault is short");
  require(fault.find('\n') == std::string::npos, "a fault is one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const answer(reinterpret_cast<char const*>(data), size);
  ExpectConfig const expect{.contains = "ok", .absent = "Error:", .json = {{"/a/0", "1"}, {"", R"({"a":[1]})"}}};
  check_fault(fault_of_result({.tool = "t", .expect = expect}, answer));
  check_fault(fault_of_result({.method = "m", .expect = expect}, answer));
  check_fault(fault_of_error(answer));
  return 0;
}
