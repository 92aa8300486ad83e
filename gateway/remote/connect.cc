#include "gateway/remote/connect.h"

#include <utility>

#include "gateway/config/config.h"
#include "gateway/fetch/curl_loop.h"
#include "gateway/io/event_loop.h"
#include "gateway/log/log.h"
#include "gateway/log/outputs.h"
#include "gateway/remote/bridge.h"

namespace gateway::remote {

void connect(Settings settings) {
  config::LogConfig const to_stderr{.level = config::LogLevel::Info, .format = config::LogFormat::Text};
  log::LogOutputs outputs(to_stderr);
  log::Log log(to_stderr, {}, outputs);
  io::EventLoop loop;
  loop.set_end_of_turn([&] { log.end_turn(loop.now()); });
  fetch::CurlLoop curl(loop);
  Bridge(loop, curl, std::move(settings), log).run();
  loop.turn(Duration{0});  // what was buried belongs to libcurl
}

}  // namespace gateway::remote
