#include "gateway/remote/transport.h"

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::remote {

std::string version_in(rpc::Message const& answer) {
  auto const version = rpc::find_member(answer.result, "protocolVersion");
  return rpc::is_string(version) ? rpc::unquote(version) : std::string{};
}

}  // namespace gateway::remote
