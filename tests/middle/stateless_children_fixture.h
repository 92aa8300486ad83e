// What the tests of children that speak the revision without sessions share.
#pragma once

#include <string>
#include <utility>

#include "tests/middle/middle_test.h"

namespace gateway::harness {

inline constexpr auto kVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr auto kInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr auto kCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr auto kLevel = "io.modelcontextprotocol/logLevel";
inline constexpr auto kSubscription = "io.modelcontextprotocol/subscriptionId";

inline config::ServiceConfig stateless(std::string name, config::Isolation isolation = config::Isolation::Shared) {
  auto made = service(std::move(name), isolation);
  made.era = config::ServerEra::Modern;
  return made;
}

class StatelessChildrenTest : public MiddleTest {
 protected:
  void SetUp() override {
    start({stateless("one")});
    listen_ = take_heard(child());
  }
  void say(json const& message) {
    child().say(message.dump());
    gateway->turn(2);
  }
  json listen_;  ///< the subscriptions/listen that each run begins with; not acknowledged
};

}  // namespace gateway::harness
