#include "gateway/backend/tool_shelf.h"

#include <gtest/gtest.h>

namespace gateway::backend {
namespace {

constexpr TimePoint kNow{seconds(100)};
constexpr auto kOld = R"({"tools":[{"name":"a"}]})";
constexpr auto kNew = R"({"tools":[{"name":"b"}]})";

/// Lists the one page and says whether clients knew another.
bool list(ToolShelf& shelf, std::string_view page, TimePoint now = kNow) {
  EXPECT_TRUE(shelf.begin());
  EXPECT_FALSE(shelf.add_page(page));
  return shelf.finish(now);
}

TEST(ToolShelf, IsEmptyUntilAListIsWhole) {
  ToolShelf shelf;
  EXPECT_EQ(nullptr, shelf.list());
  EXPECT_TRUE(shelf.begin());
  EXPECT_EQ("\"2\"", shelf.add_page(R"({"tools":[{"name":"a"}],"nextCursor":"2"})"));
  EXPECT_EQ(nullptr, shelf.list());
  EXPECT_FALSE(shelf.add_page(kNew));
  EXPECT_FALSE(shelf.finish(kNow));
  EXPECT_EQ(2U, shelf.list()->size());
}

TEST(ToolShelf, SaysWhenClientsKnewAnotherList) {
  ToolShelf shelf;
  EXPECT_FALSE(list(shelf, kOld));
  EXPECT_FALSE(list(shelf, kOld));
  EXPECT_TRUE(list(shelf, kNew));
  EXPECT_TRUE(shelf.list()->contains("b"));
}

TEST(ToolShelf, ListsOnceMoreWhenItIsToldMeanwhile) {
  ToolShelf shelf;
  EXPECT_TRUE(shelf.begin());
  EXPECT_FALSE(shelf.begin());
  (void)shelf.add_page(kOld);
  (void)shelf.finish(kNow);
  EXPECT_TRUE(shelf.take_again());
  EXPECT_FALSE(shelf.take_again());
}

TEST(ToolShelf, KeepsWhatWasKnownWhenAListingFails) {
  ToolShelf shelf;
  (void)list(shelf, kOld);
  EXPECT_TRUE(shelf.begin());
  (void)shelf.add_page(R"({"tools":[{"name":"c"}],"nextCursor":"2"})");
  shelf.give_up(kNow);
  EXPECT_TRUE(shelf.list()->contains("a"));
  EXPECT_FALSE(list(shelf, kOld));
}

TEST(ToolShelf, DoesNotKnowWhatClientsKnewWhenTheFirstListingFailed) {
  ToolShelf shelf;
  EXPECT_TRUE(shelf.begin());
  shelf.give_up(kNow);
  EXPECT_TRUE(list(shelf, kOld));
  EXPECT_FALSE(list(shelf, kOld));
}

TEST(ToolShelf, TakesNoPageItDidNotAskFor) {
  ToolShelf shelf;
  EXPECT_FALSE(shelf.add_page(kOld));
  EXPECT_FALSE(shelf.finish(kNow));
  EXPECT_EQ(nullptr, shelf.list());
}

TEST(ToolShelf, KnowsTheAgeOfItsList) {
  ToolShelf shelf;
  (void)list(shelf, kOld, kNow);
  EXPECT_EQ(seconds(7), shelf.age(kNow + seconds(7)));
  EXPECT_TRUE(shelf.begin());
  shelf.give_up(kNow + seconds(7));
  EXPECT_EQ(seconds(1), shelf.age(kNow + seconds(8))) << "a listing that fails is not repeated at once";
}

}  // namespace
}  // namespace gateway::backend
