// How a remote server is reached.
#pragma once

#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/fetch/web_address.h"

namespace gateway::remote {

enum class TransportChoice { Auto, Http, Sse };

struct Settings {
  fetch::WebAddress address;
  TransportChoice transport = TransportChoice::Auto;
  std::vector<std::string> fields{};  ///< `Name: value`, of every request; secrets
  std::string ca_file{};              ///< authorities to trust besides the system's; empty for none
  milliseconds connect_timeout{10'000};
  milliseconds call_timeout{300'000};  ///< until the answer, or progress; 0 is no limit
  std::size_t max_message = std::size_t{64} << 20;
};

}  // namespace gateway::remote
