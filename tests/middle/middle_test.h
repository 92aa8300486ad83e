// What the tests of the middle share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/conversation.h"

namespace gateway::harness {

class MiddleTest : public ::testing::Test {
 protected:
  /// A gateway of these services, their children ready.
  void start(std::vector<config::ServiceConfig> services, config::GatewayConfig gateway_config = {}) {
    config::Config config;
    config.gateway = std::move(gateway_config);
    config.services = std::move(services);
    gateway = std::make_unique<TestGateway>(std::move(config));
    shake_hands(*gateway);
  }
  [[nodiscard]] ScriptedChild& child() { return newest(*gateway); }
  /// What is answered comes on the connection that is given.
  TestClient& send(std::string const& text) {
    auto& client = gateway->connect();
    client.send(text);
    gateway->turn(2);
    return client;
  }

  std::unique_ptr<TestGateway> gateway;
};

}  // namespace gateway::harness
