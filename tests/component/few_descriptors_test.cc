// What still works when the descriptors of the process run out.
#include "tests/fakes/few_descriptors.h"

#include <list>
#include <optional>

#include "tests/component/child_process_fixture.h"
#include "tests/component/http_server_fixture.h"

namespace gateway {
namespace http {
namespace {

constexpr std::string_view kRefusal =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 46\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\n503 Service Unavailable: too_many_connections\n";

/// More than a listener takes in one turn.
constexpr int kMany = 150;

TEST_F(HttpServerTest, RefusesWhoeverWaitsWhenThereIsNoDescriptorAndGoesOnAfterwards) {
  start();
  auto served = connect();
  served.send(get("/a"));
  ASSERT_TRUE(until_heard(served, ok("/a ")));
  std::list<fakes::RawClient> clients;
  for (int i = 0; i < kMany; ++i) clients.emplace_back(port);

  std::optional<fakes::FewDescriptors> none(std::in_place, 0U);
  clients.front().send(get("/sent/before/it/was/refused"));
  for (auto& client : clients) {
    EXPECT_TRUE(until_ended(client));
    EXPECT_EQ(kRefusal, client.heard());
  }
  EXPECT_EQ(kMany, probe.without_descriptor);
  EXPECT_EQ(1U, server->connections());
  served.send(get("/b"));
  EXPECT_TRUE(until_heard(served, ok("/b ")));

  none.reset();
  auto late = connect();
  late.send(get("/c"));
  EXPECT_TRUE(until_heard(late, ok("/c ")));
  EXPECT_EQ(kMany, probe.without_descriptor);
}

TEST_F(HttpServerTest, TakesTheLastDescriptorForAConnectionAndRefusesNobody) {
  start();
  auto client = connect();
  fakes::FewDescriptors const one(1);
  client.send(get("/a"));
  EXPECT_TRUE(until_heard(client, ok("/a ")));
  EXPECT_EQ(0, probe.without_descriptor);
}

TEST_F(HttpServerTest, TellsWhomItRefusesAboveItsLimitAndWhenToComeBack) {
  start({}, 1);
  auto first = connect();
  first.send(get("/a"));
  ASSERT_TRUE(until_heard(first, ok("/a ")));
  auto second = connect();
  second.send(get("/sent/before/it/was/refused"));
  EXPECT_TRUE(until_ended(second));
  EXPECT_EQ(kRefusal, second.heard());
  EXPECT_EQ(1U, handler.seen.size());
}

TEST_F(HttpServerTest, GivesThePlaceOfAConnectionAwayWhenItsDescriptorIsFree) {
  start({}, 1);
  auto client = connect();
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  handler.on_gone_do = [&] { EXPECT_EQ(1U, allowance->taken()); };
  client.close();
  ASSERT_TRUE(until([&] { return !handler.gone.empty(); }));
  EXPECT_EQ(0U, allowance->taken());
}

}  // namespace
}  // namespace http

namespace io {
namespace {

/// descriptor_budget.cc keeps so many: four for the child, and four while it starts.
TEST_F(ChildProcessTest, StartsWithEightDescriptorsLeftAndKeepsFour) {
  auto spec = fakes::shell("echo here; read line");
  spec.cwd = "/";
  fakes::FewDescriptors const few(8);
  fakes::RecordedChild child(loop, *guard, spec);
  ASSERT_EQ("", child.error);
  EXPECT_EQ(4U, few.left());
  EXPECT_TRUE(until_said(child, "here"));
  child.process->stop({});
  EXPECT_TRUE(until_over(child));
}

}  // namespace
}  // namespace io
}  // namespace gateway
