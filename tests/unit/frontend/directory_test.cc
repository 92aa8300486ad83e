#include "gateway/frontend/directory.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

constexpr http::ListenerTag kMain{};

class DirectoryTest : public ::testing::Test {
 protected:
  /// The services a, b, c and d, on three loops.
  Directory::Listed four() { return Directory::list(named({"a", "b", "c", "d"}), {}, 3, metrics); }
  static std::vector<config::ServiceConfig> named(std::vector<std::string> const& names) {
    std::vector<config::ServiceConfig> configs(names.size());
    for (std::size_t i = 0; i < configs.size(); ++i) configs[i].name = names[i];
    return configs;
  }

  static std::optional<std::size_t> home(Directory const& directory, std::string const& target,
                                         http::ListenerTag tag = kMain, std::string const& host = "localhost") {
    fakes::ParsedRequest const request{"GET " + target + " HTTP/1.1", "Host: " + host};
    return directory.home_of(tag, request.head);
  }

  metrics::Metrics metrics{{.version = "1", .revision = "r", .build_time = "t", .instance_id = "i"}};
  Directory directory{four(), {.loops = 3}};
};

TEST_F(DirectoryTest, FindsAServiceByNameAndByKey) {
  auto const* const b = directory.find("b");
  ASSERT_NE(nullptr, b);
  EXPECT_EQ("b", b->config.name);
  EXPECT_EQ(b, directory.find(b->key));
  EXPECT_EQ(&metrics.service("b"), b->probe);
  EXPECT_EQ(nullptr, directory.find("x"));
  EXPECT_EQ(nullptr, directory.find(ServiceKey{}));
  EXPECT_EQ(nullptr, directory.find(ServiceKey{99}));
}

TEST_F(DirectoryTest, GivesEachServiceAKeyOfItsOwn) {
  std::set<ServiceKey> keys;
  for (auto const& service : directory.services()) keys.insert(service.key);
  EXPECT_EQ(4U, keys.size());
  EXPECT_FALSE(keys.contains(ServiceKey{}));
}

TEST_F(DirectoryTest, SpreadsServicesOverTheLoopsInTheirOrder) {
  std::vector<std::size_t> homes;
  for (auto const& service : directory.services()) homes.push_back(service.home);
  EXPECT_EQ((std::vector<std::size_t>{0, 1, 2, 0}), homes);
}

TEST_F(DirectoryTest, KeepsKeysAndHomesOfServicesThatStay) {
  auto const without_b = Directory{directory.list_next(named({"d", "a", "c"}), {}, metrics), {.loops = 3}};
  for (auto const* const name : {"a", "c", "d"}) {
    EXPECT_EQ(directory.find(name)->key, without_b.find(name)->key) << name;
    EXPECT_EQ(directory.find(name)->home, without_b.find(name)->home) << name;
  }
  EXPECT_EQ("d", without_b.services().front().config.name) << "in the order of the configuration";
  EXPECT_EQ(nullptr, without_b.find(directory.find("b")->key));
}

TEST_F(DirectoryTest, GivesNewServicesKeysThatNoneEverHadAndTheEmptiestLoops) {
  Directory const without_d{directory.list_next(named({"a", "b", "c"}), {}, metrics),
                            {.loops = 3, .last_key = directory.last_key()}};
  EXPECT_EQ(directory.last_key(), without_d.last_key());
  Directory const next{without_d.list_next(named({"e", "a", "d"}), {}, metrics),
                       {.loops = 3, .last_key = without_d.last_key()}};
  std::set<ServiceKey> former;
  for (auto const& service : directory.services()) former.insert(service.key);
  EXPECT_FALSE(former.contains(next.find("e")->key));
  EXPECT_FALSE(former.contains(next.find("d")->key)) << "it is another service by that name";
  EXPECT_EQ(0U, next.find("a")->home);
  EXPECT_EQ(1U, next.find("e")->home);
  EXPECT_EQ(2U, next.find("d")->home);
}

TEST_F(DirectoryTest, HasTheMembersOfGroupsTogetherAlsoThroughOthers) {
  std::vector<config::GroupConfig> const groups{{.name = "x", .members = {{"a", "a"}, {"d", "d"}}},
                                                {.name = "y", .members = {{"d", "d"}, {"c", "c"}}}};
  Directory const joined{Directory::list(named({"a", "b", "c", "d"}), groups, 3, metrics), {.loops = 3}};
  EXPECT_EQ(joined.find("a")->home, joined.find("d")->home);
  EXPECT_EQ(joined.find("a")->home, joined.find("c")->home);
  EXPECT_NE(joined.find("a")->home, joined.find("b")->home);
  EXPECT_TRUE(joined.split_groups(groups).empty());
  EXPECT_EQ((std::vector<std::string>{"x", "y"}), directory.split_groups(groups));  // where a and d are, c is not
  EXPECT_TRUE(directory.split_groups({{.name = "x", .members = {{"a", "a"}, {"d", "d"}}}}).empty());
  std::vector<config::GroupConfig> const through_a_new_one{{.name = "x", .members = {{"a", "a"}, {"new", "new"}}},
                                                           {.name = "y", .members = {{"new", "new"}, {"b", "b"}}}};
  EXPECT_EQ((std::vector<std::string>{"x", "y"}), directory.split_groups(through_a_new_one));
  EXPECT_EQ(joined.find("a")->home, home(joined, "/x/mcp"));
}

TEST_F(DirectoryTest, KeepsTheKeysOfGroupsAndGivesOthersTheirOwn) {
  std::vector<config::GroupConfig> groups{{.name = "x", .members = {{"a", "a"}}}};
  Directory const before{Directory::list(named({"a"}), groups, 1, metrics), {.loops = 1}};
  groups.push_back({.name = "y", .members = {{"a", "a"}, {"gone", "gone"}}});
  Directory const after{before.list_next(named({"b", "a"}), groups, metrics), before.next_layout("")};
  EXPECT_EQ(before.groups()[0].service.key, after.groups()[0].service.key);
  EXPECT_EQ(std::vector{after.find("a")->key}, after.groups()[1].members);
  EXPECT_EQ("y", after.find(after.groups()[1].service.key)->config.name);
  EXPECT_EQ(nullptr, after.find("y"));  // it is no service
}

TEST_F(DirectoryTest, FindsTheHomeOfARequestByWhateverNamesItsService) {
  EXPECT_EQ(1U, home(directory, "/b/mcp"));
  EXPECT_EQ(2U, home(directory, "/servers/c/sse"));
  EXPECT_EQ(0U, home(directory, "/d/messages?sessionId=Bxxx"));
  EXPECT_EQ(2U, home(directory, "/c/health"));
  EXPECT_EQ(1U, home(directory, "/mcp", kMain, "mcp-b:8080"));
  EXPECT_EQ(2U, home(directory, "/mcp", Endpoints::own_listener(directory.find("c")->key)));
}

TEST_F(DirectoryTest, LeavesARequestThatNamesNoServiceWhereItIs) {
  for (auto const* const target : {"/", "/x/mcp", "/a", "/mcp", "/b/nothing"}) {
    EXPECT_EQ(std::nullopt, home(directory, target)) << target;
  }
}

TEST_F(DirectoryTest, HasTheHealthOfAllServicesOnTheFirstLoop) { EXPECT_EQ(0U, home(directory, "/health")); }

TEST_F(DirectoryTest, FindsTheHomeOfARequestByItsSessionWhereNothingElseTells) {
  for (std::size_t loop = 0; loop < 3; ++loop) {
    EXPECT_EQ(loop, home(directory, "/messages?sessionId=" + directory.tokens().prefix(loop) + "abc"));
    EXPECT_EQ(loop, home(directory, "/messages?x=y&session_id=" + directory.tokens().prefix(loop)));
  }
  for (auto const* const token : {"", "?", "%41", "D", "_"}) {
    EXPECT_EQ(std::nullopt, home(directory, "/messages?sessionId=" + std::string(token))) << token;
  }
  EXPECT_EQ(std::nullopt, home(directory, "/messages"));
}

/// The next picture, after a reload: b is gone, a and c have kept key and home, and e
/// has a key that nobody had.
TEST_F(DirectoryTest, CanBeReplacedByAnotherOneWithTheSameKeys) {
  auto services = four().services;
  auto const gone = services[1].key;
  services.erase(services.begin() + 1);
  services.push_back({.key = ServiceKey{17}, .config = {.name = "e"}, .home = 1, .probe = &metrics.service("e")});
  Directory const next({.services = std::move(services)}, {.loops = 3});

  EXPECT_EQ(nullptr, next.find(gone));
  EXPECT_EQ(std::nullopt, home(next, "/b/mcp"));
  EXPECT_EQ(std::nullopt, home(next, "/mcp", Endpoints::own_listener(gone)));
  EXPECT_EQ(directory.find("c")->key, next.find("c")->key);
  EXPECT_EQ(2U, home(next, "/c/mcp"));
  EXPECT_EQ(0U, home(next, "/d/mcp"));
  EXPECT_EQ(1U, home(next, "/e/mcp"));
}

TEST(LoopTokens, GiveEachLoopAPrefixOfItsOwn) {
  LoopTokens const tokens(LoopTokens::kMaxLoops);
  std::set<std::string> prefixes;
  for (std::size_t loop = 0; loop < LoopTokens::kMaxLoops; ++loop) prefixes.insert(tokens.prefix(loop));
  EXPECT_EQ(LoopTokens::kMaxLoops, prefixes.size());
  EXPECT_EQ(1U, LoopTokens(1).prefix(0).size()) << "one loop needs no letter";
}

TEST(LoopTokens, SayWhichProcessIssuedThem) {
  for (std::size_t number = 0; number < kGenerations; ++number) {
    for (std::size_t const loops : {1, 3})
      EXPECT_EQ(Generation{number}, LoopTokens::generation_of(LoopTokens(loops, {number}).prefix(loops - 1) + "x"));
  }
  EXPECT_EQ(std::nullopt, LoopTokens::generation_of(""));
  EXPECT_EQ(std::nullopt, LoopTokens::generation_of("."));
}

TEST(LoopTokens, NameNoLoopHereIfAnotherProcessIssuedThem) {
  auto const token = LoopTokens(3, {7}).prefix(2) + "x";
  EXPECT_EQ(2U, LoopTokens(3, {7}).loop_of(token));
  EXPECT_EQ(std::nullopt, LoopTokens(3, {8}).loop_of(token));
}

TEST(Generation, ComesBeforeThoseThatReplacedItAlsoWhereTheyAreCountedFromZeroAgain) {
  Generation const last{kGenerations - 1};
  EXPECT_EQ(Generation{}, last.next());
  EXPECT_TRUE(last.is_before(last.next()));
  EXPECT_TRUE(last.is_before(last.next().next()));
  EXPECT_FALSE(last.next().is_before(last));
  EXPECT_FALSE(last.is_before(last));
}

}  // namespace
}  // namespace gateway::frontend
