#include "gateway/upgrade_message.h"

#include <gtest/gtest.h>

#include "gateway/io/process_channel.h"

namespace gateway {
namespace {

template <typename Message>
Message round_trip(Message const& message) {
  auto const read = read_upgrade_message(to_text(message));
  return read && std::holds_alternative<Message>(*read) ? std::get<Message>(*read) : Message{};
}

TEST(UpgradeMessage, SaysWhatItWasMadeOf) {
  EXPECT_EQ("main", round_trip(ListenerOffer{.name = "main"}).name);
  auto const begin = round_trip(Begin{.generation = {7}, .open_files_of_children = 1024, .predecessors = 9});
  EXPECT_EQ(Generation{7}, begin.generation);
  EXPECT_EQ(1024U, begin.open_files_of_children);
  EXPECT_EQ(9U, begin.predecessors);
  EXPECT_EQ("no", round_trip(StartFailed{.why = "no"}).why);
  auto const starting = round_trip(
      Starting{.services = {{.name = "a", .is_settled = true, .works = true}, {.name = "b", .why = "starting"}}});
  ASSERT_EQ(2U, starting.services.size());
  EXPECT_TRUE(starting.services[0].is_settled && starting.services[0].works);
  EXPECT_EQ("starting", starting.services[1].why);
  ClientCertificate const certificate{.name = "ann", .expires = UnixTime(UnixTime::duration(1'900'000'000))};
  auto const passed = round_trip(
      PassedConnection{.listener = "memory", .has_origin = true, .remote = "::1", .certificate = certificate});
  EXPECT_EQ("memory", passed.listener);
  EXPECT_EQ("::1", passed.remote);
  ASSERT_TRUE(passed.has_origin && passed.certificate);
  EXPECT_EQ("ann", passed.certificate->name);
  EXPECT_EQ(certificate.expires, passed.certificate->expires);
}

TEST(UpgradeMessage, KeepsEachKindApart) {
  UpgradeMessage const all[] = {ListenerOffer{}, Begin{},       Serve{}, Abandon{},     StartFailed{},
                                Starting{},      Serving{},     Keep{},  EndSessions{}, PassedConnection{},
                                Leaving{},       KnowsLeaving{}};
  EXPECT_EQ(std::variant_size_v<UpgradeMessage>, std::size(all));
  for (auto const& message : all) {
    auto const read = read_upgrade_message(to_text(message));
    ASSERT_TRUE(read) << to_text(message);
    EXPECT_EQ(message.index(), read->index()) << to_text(message);
  }
}

TEST(UpgradeMessage, SaysWhatIsToBeKept) {
  auto const keep = round_trip(Keep{.serve_again = false, .listen = {{.host = "::1", .port = 8080}}});
  EXPECT_FALSE(keep.serve_again);
  EXPECT_EQ((std::vector<config::ListenAddress>{{.host = "::1", .port = 8080}}), keep.listen);
}

TEST(UpgradeMessage, OfManyServicesComesInPartsThatEachFit) {
  Starting all;
  for (int i = 0; i < 1000; ++i)
    all.services.push_back({.name = std::string(64, 'n'), .is_settled = i % 2 == 0, .why = std::string(1000, '\x01')});
  auto const parts = parts_of(all);
  std::size_t services = 0;
  for (auto const& part : parts) {
    EXPECT_LE(to_text(part).size(), io::ProcessChannel::kMostText);
    EXPECT_EQ(&part != &parts.back(), round_trip(part).more);
    services += part.services.size();
  }
  EXPECT_EQ(1000U, services);
  EXPECT_EQ(1U, parts_of({}).size());
}

TEST(UpgradeMessage, PassesOverWhatAnotherVersionSays) {
  EXPECT_FALSE(read_upgrade_message(R"({"message":"of_the_future"})"));
  auto const read = read_upgrade_message(R"({"message":"begin","generation":3,"more":[1]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(Generation{3}, std::get<Begin>(*read).generation);
}

TEST(UpgradeMessage, IsNothingWhereItIsNoMessage) {
  for (auto const* const text : {"", "{", "[]", "null", R"({"message":7})", R"({"message":"failed","why":7})",
                                 R"({"message":"starting","services":[1]})"})
    EXPECT_FALSE(read_upgrade_message(text)) << text;
}

TEST(Readiness, IsThereWhenEachServiceThatWorksNowWorksInTheNextProcess) {
  Starting const next{.services = {{.name = "a", .is_settled = true, .works = true},
                                   {.name = "new", .is_settled = false, .why = "starting"},
                                   {.name = "broken", .is_settled = true, .why = "crash_loop"}}};
  EXPECT_EQ(Readiness::Verdict::Ready, judge({"a", "removed"}, next).verdict);
}

TEST(Readiness, WaitsForAServiceThatIsNotSettled) {
  Starting const next{.services = {{.name = "a", .is_settled = false, .why = "starting"},
                                   {.name = "b", .is_settled = true, .why = "crash_loop"}}};
  EXPECT_EQ(Readiness::Verdict::NotYet, judge({"a"}, next).verdict);
  EXPECT_EQ("service a: starting", judge({"a"}, next).why);
}

TEST(Readiness, NeverComesIfAServiceThatWorksNowDoesNotWorkAnyMore) {
  Starting const next{.services = {{.name = "a", .is_settled = true, .works = true},
                                   {.name = "b", .is_settled = true, .why = "cannot start"}}};
  auto const readiness = judge({"a", "b"}, next);
  EXPECT_EQ(Readiness::Verdict::Never, readiness.verdict);
  EXPECT_EQ("service b: cannot start", readiness.why);
}

}  // namespace
}  // namespace gateway
