// A traceparent of any bytes: what is read is written again as it came.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/base/trace_context.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const context = gateway::parse_traceparent(text);
  if (!context) return 0;
  if (context->trace == gateway::TraceId{} || context->span == gateway::SpanId{}) std::abort();
  auto const written = gateway::traceparent(*context);
  // But for the version and the other flags, which are not ours to pass on.
  if (written.substr(3, 49) != text.substr(3, 49)) std::abort();
  if (gateway::parse_traceparent(written) != context) std::abort();
  return 0;
}
