#include "gateway/frontend/versions.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace gateway::frontend {
namespace {

class VersionsTest : public ::testing::Test {
 protected:
  /// The service `s` with these weights of its versions, and one without versions.
  void configure(std::vector<std::pair<std::string, std::size_t>> const& weights) {
    std::vector<config::ServiceConfig> configs(1);
    configs.front().name = "other";
    for (auto const& [name, weight] : weights) {
      auto& config = configs.emplace_back();
      config.name = configs.size() == 2 ? "s" : "s@" + name;
      config.version = config::ServiceVersion{.service = "s", .name = name, .weight = weight};
    }
    auto listed = directory ? directory->list_next(std::move(configs), {}, metrics)
                            : Directory::list(std::move(configs), {}, 1, metrics);
    directory = std::make_unique<Directory>(std::move(listed), Directory::Layout{.loops = 1});
    versions.take_up(*directory, 0);
  }
  [[nodiscard]] ServiceKey key(std::string_view name) const { return directory->find(name)->key; }
  void admit(std::string_view name) { versions.report(key(name), true, true); }
  /// How many of the owners 0..count-1 have each version.
  std::map<std::string, int> of_owners(int count) {
    std::map<std::string, int> found;
    for (int i = 0; i < count; ++i) ++found[of_owner(i)];
    return found;
  }
  std::string of_owner(int owner) {
    return directory->find(versions.choose(key("s"), owner_number("s", "p" + std::to_string(owner), "")))->config.name;
  }

  metrics::Metrics metrics{{.version = "1", .revision = "r", .build_time = "t", .instance_id = "i"}};
  std::unique_ptr<Directory> directory;
  Versions versions;
};

TEST_F(VersionsTest, GiveAServiceWithoutAnyItself) {
  configure({{"a", 90}, {"b", 10}});
  EXPECT_EQ(key("other"), versions.choose(key("other"), 1));
  EXPECT_EQ(key("s@b"), versions.choose(key("s@b"), 1)) << "by its own name";
  EXPECT_FALSE(versions.are_at(key("other")));
}

TEST_F(VersionsTest, SpreadOwnersByWeight) {
  configure({{"a", 70}, {"b", 30}});
  admit("s");
  admit("s@b");
  auto const found = of_owners(10'000);
  EXPECT_NEAR(3000, found.at("s@b"), 200);
  EXPECT_NEAR(7000, found.at("s"), 200);
}

TEST_F(VersionsTest, MoveOwnersOnlyToTheVersionThatGrows) {
  configure({{"a", 90}, {"b", 10}});
  admit("s");
  admit("s@b");
  std::vector<int> before;
  for (int i = 0; i < 1000; ++i)
    if (of_owner(i) == "s@b") before.push_back(i);
  versions.set_weights(key("s"), {{key("s"), 50}, {key("s@b"), 50}});
  for (auto const owner : before) EXPECT_EQ("s@b", of_owner(owner));
  EXPECT_GT(of_owners(1000).at("s@b"), static_cast<int>(before.size()));
}

TEST_F(VersionsTest, SpreadSessionsWithoutAnOwnerEvenlyFromTheFirst) {
  configure({{"a", 75}, {"b", 25}});
  admit("s");
  admit("s@b");
  int of_b = 0;
  for (int i = 0; i < 20; ++i) of_b += versions.choose(key("s"), {}) == key("s@b") ? 1 : 0;
  EXPECT_NEAR(5, of_b, 1);
}

TEST_F(VersionsTest, GiveNoneWhatHasNotBeenHealthyOrDoesNotServe) {
  configure({{"a", 1}, {"b", 99}});
  EXPECT_EQ((std::map<std::string, int>{{"s", 100}}), of_owners(100)) << "nothing is known yet";
  EXPECT_FALSE(versions.report(key("s@b"), false, true)) << "degraded, and never healthy";
  EXPECT_EQ((std::map<std::string, int>{{"s", 100}}), of_owners(100));
  EXPECT_TRUE(versions.report(key("s@b"), true, true));
  EXPECT_GT(of_owners(100).at("s@b"), 90);
  EXPECT_FALSE(versions.report(key("s@b"), false, true)) << "degraded, and serves";
  EXPECT_GT(of_owners(100).at("s@b"), 90);
  admit("s");
  EXPECT_TRUE(versions.report(key("s@b"), false, false));
  EXPECT_EQ((std::map<std::string, int>{{"s", 100}}), of_owners(100));
}

TEST_F(VersionsTest, GiveNobodyAVersionWithoutAWeightBecauseAnotherIsDown) {
  configure({{"a", 100}, {"b", 0}});
  admit("s@b");
  EXPECT_EQ((std::map<std::string, int>{{"s", 100}}), of_owners(100));
}

TEST_F(VersionsTest, KeepWeightsThatWereSetWhileTheConfiguredOnesStay) {
  configure({{"a", 100}, {"b", 0}});
  admit("s");
  admit("s@b");
  versions.set_weights(key("s"), {{key("s"), 0}, {key("s@b"), 100}});
  configure({{"a", 100}, {"b", 0}});
  EXPECT_EQ((std::map<std::string, int>{{"s@b", 100}}), of_owners(100));
  configure({{"a", 100}, {"c", 0}});
  EXPECT_EQ((std::map<std::string, int>{{"s", 100}}), of_owners(100));
  EXPECT_TRUE(versions.is_reached(key("s@c"), key("s")));
  EXPECT_FALSE(versions.is_reached(key("s"), key("s@c")));
}

TEST_F(VersionsTest, LiveOnTheLoopOfTheirService) {
  std::vector<config::ServiceConfig> configs(5);
  for (std::size_t i = 0; i < configs.size(); ++i) configs[i].name = std::string(1, static_cast<char>('a' + i));
  configs[1].version = config::ServiceVersion{.service = "b", .name = "1", .weight = 100};
  configs[2].name = "b@2";
  configs[2].version = config::ServiceVersion{.service = "b", .name = "2", .weight = 0};
  Directory const spread(Directory::list(std::move(configs), {}, 3, metrics), {.loops = 3});
  EXPECT_EQ(spread.find("b")->home, spread.find("b@2")->home);
}

}  // namespace
}  // namespace gateway::frontend
