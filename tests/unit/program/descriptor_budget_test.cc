#include "gateway/descriptor_budget.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace gateway {
namespace {

/// One service with one child, as `run -- COMMAND` has it, and an admin listener.
DescriptorNeeds few() { return {.open = 3, .loops = 1, .listeners = 2, .shared_children = 1, .connections = 16384}; }

DescriptorBudget shared(std::size_t limit, DescriptorNeeds const& needs) {
  auto const budget = share_descriptors(limit, needs);
  EXPECT_TRUE(budget) << budget.error().what;
  return budget ? *budget : DescriptorBudget{};
}

TEST(DescriptorBudget, GivesAllThatIsConfiguredWhereTheSystemAllowsIt) {
  auto needs = few();
  needs.private_children = 64;
  auto const wanted = wanted_descriptors(needs);
  auto const budget = shared(wanted, needs);
  EXPECT_EQ(16384U, budget.connections);
  EXPECT_EQ(256U, budget.admin_connections);
  EXPECT_EQ(64U, budget.private_children);
  EXPECT_FALSE(is_short(budget));
  EXPECT_EQ(shared(std::numeric_limits<std::size_t>::max(), needs).connections, budget.connections);
}

TEST(DescriptorBudget, IsShortWithOneDescriptorLess) {
  auto const needs = few();
  auto const budget = shared(wanted_descriptors(needs) - 1, needs);
  EXPECT_EQ(16383U, budget.connections);
  EXPECT_TRUE(is_short(budget));
}

TEST(DescriptorBudget, LeavesConnectionsWhatTheProgramAndItsChildrenDoNotTake) {
  // 3 are open; guard and lookers 7, the loop 8, two listeners 4, the child 4: 230 are left of 256.
  auto const budget = shared(256, few());
  EXPECT_EQ(28U, budget.admin_connections);
  EXPECT_EQ(202U, budget.connections);
}

TEST(DescriptorBudget, TakesFromConnectionsForEachLoopListenerChildAndCollector) {
  auto const with = [](auto change) {
    auto needs = few();
    change(needs);
    auto const budget = shared(1000, needs);
    return budget.connections + budget.admin_connections;
  };
  auto const before = with([](DescriptorNeeds&) {});
  EXPECT_EQ(before - 4, with([](DescriptorNeeds& needs) { ++needs.shared_children; }));
  EXPECT_EQ(before - 2, with([](DescriptorNeeds& needs) { ++needs.listeners; }));
  EXPECT_EQ(before - 8, with([](DescriptorNeeds& needs) { ++needs.loops; }));
  EXPECT_EQ(before - 8, with([](DescriptorNeeds& needs) { needs.sends_spans = true; }));
  EXPECT_EQ(before - 10, with([](DescriptorNeeds& needs) { needs.open += 10; }));
  EXPECT_EQ(before - 4, with([](DescriptorNeeds& needs) { needs.private_children = 1; }));
}

TEST(DescriptorBudget, LetsChildrenOfSessionsKeepHalfWhereNotAllFit) {
  auto needs = few();
  needs.private_children = 1000;
  auto const budget = shared(1024, needs);  // 998 are left
  EXPECT_EQ(124U, budget.private_children);
  EXPECT_EQ(499U, budget.connections + budget.admin_connections);
  EXPECT_TRUE(is_short(budget));
}

TEST(DescriptorBudget, LetsChildrenOfSessionsHaveWhatFewConnectionsLeave) {
  auto needs = few();
  needs.private_children = 1000;
  needs.connections = 44;
  auto const budget = shared(1026, needs);  // 1000 are left
  EXPECT_EQ(175U, budget.private_children);
  EXPECT_EQ(44U, budget.connections);
}

TEST(DescriptorBudget, GivesTheAdminListenerWhatFewConnectionsLeave) {
  auto needs = few();
  needs.connections = 20;
  auto const budget = shared(126, needs);  // 100 are left
  EXPECT_EQ(20U, budget.connections);
  EXPECT_EQ(80U, budget.admin_connections);
  EXPECT_FALSE(is_short(budget));
}

TEST(DescriptorBudget, NeverSharesOutMoreThanThereIs) {
  auto needs = few();
  needs.private_children = 40;
  auto const least = 26U + 2 * 16U;
  for (auto limit = least; limit < 3000; ++limit) {
    auto const budget = shared(limit, needs);
    EXPECT_LE(26 + 4 * budget.private_children + budget.admin_connections + budget.connections, limit);
    EXPECT_GE(budget.connections, 8U);
    EXPECT_GE(budget.admin_connections, 8U);
  }
}

TEST(DescriptorBudget, SaysHowManyAreNeededWhereNobodyCouldBeServed) {
  auto const refused = share_descriptors(41, few());
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().what.find("allows 41 open files")) << refused.error().what;
  EXPECT_NE(std::string::npos, refused.error().what.find("at least 42:")) << refused.error().what;
  EXPECT_TRUE(share_descriptors(42, few()));

  auto with_private = few();
  with_private.private_children = 3;
  auto const refused_too = share_descriptors(53, with_private);
  ASSERT_FALSE(refused_too);
  EXPECT_NE(std::string::npos, refused_too.error().what.find("at least 54:")) << refused_too.error().what;
  EXPECT_TRUE(share_descriptors(54, with_private));
}

TEST(DescriptorNeeds, AreThoseOfTheServicesThatRun) {
  config::Config config;
  config.gateway.loops = 3;
  config.gateway.limits.max_connections = 77;
  config.gateway.traces.endpoint = "http://collector:4318/v1/traces";
  auto const add = [&](auto change) {
    config::ServiceConfig service;
    change(service);
    config.services.push_back(std::move(service));
  };
  add([](config::ServiceConfig& service) { service.replicas = 5; });
  add([](config::ServiceConfig& service) { service.listen = config::ListenAddress{}; });
  add([](config::ServiceConfig& service) { service.isolation = config::Isolation::Session, service.max_children = 7; });
  add([](config::ServiceConfig& service) {
    service.isolation = config::Isolation::Affinity, service.max_children = 11;
  });
  add([](config::ServiceConfig& service) { service.disabled = true, service.listen = config::ListenAddress{}; });
  add([](config::ServiceConfig& service) {
    service.unmet.push_back("program npx"), service.listen = config::ListenAddress{};
  });
  EXPECT_EQ((DescriptorNeeds{.open = 9,
                             .loops = 3,
                             .listeners = 3 + 1 + 2,  // the main port's, the admin's, and those of services
                             .shared_children = 5 + 1,
                             .private_children = 7 + 11,
                             .connections = 77,
                             .sends_spans = true}),
            descriptor_needs(config, 9));
}

TEST(DescriptorNeeds, CountStandardInputOutputAndErrorWhereTheSystemShowsNothing) {
  config::Config config;
  config.gateway.admin_listen.reset();
  EXPECT_EQ(3U, descriptor_needs(config, 0).open);
  EXPECT_EQ(1U, descriptor_needs(config, 0).listeners);
}

}  // namespace
}  // namespace gateway
