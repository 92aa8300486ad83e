#include "gateway/base/slot_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace gateway {
namespace {

enum class Id : std::uint64_t {};
using Table = SlotTable<int, Id>;

Id insert(Table& table, int value) { return table.insert(std::make_unique<int>(value)); }

TEST(SlotTable, FindsWhatItWasGiven) {
  Table table;
  auto const a = insert(table, 1);
  auto const b = insert(table, 2);
  EXPECT_EQ(1, *table.find(a));
  EXPECT_EQ(2, *table.find(b));
  EXPECT_EQ(2U, table.size());
}

TEST(SlotTable, GivesAnObjectOutOnce) {
  Table table;
  auto const id = insert(table, 1);
  EXPECT_EQ(1, *table.release(id));
  EXPECT_EQ(nullptr, table.release(id));
  EXPECT_EQ(nullptr, table.find(id));
  EXPECT_EQ(0U, table.size());
}

TEST(SlotTable, FindsNobodyByTheIdOfOneWhoStoodInTheSamePlace) {
  Table table;
  auto const old = insert(table, 1);
  (void)table.release(old);
  auto const young = insert(table, 2);
  EXPECT_NE(old, young);
  EXPECT_EQ(nullptr, table.find(old));
  EXPECT_EQ(nullptr, table.release(old));
  EXPECT_EQ(2, *table.find(young));
}

TEST(SlotTable, FindsNobodyByAnIdItNeverGave) {
  Table table;
  (void)insert(table, 1);
  for (auto const id : {0ULL, 1ULL, 1ULL << 32 | 7, 2ULL << 32, ~0ULL}) EXPECT_EQ(nullptr, table.find(Id{id})) << id;
}

TEST(SlotTable, NeverGivesAnIdTwice) {
  Table table;
  std::set<Id> given;
  for (int i = 0; i < 5000; ++i) {
    auto const id = insert(table, i);
    EXPECT_TRUE(given.insert(id).second);
    EXPECT_NE(Id{}, id);
    if (i % 3 != 0) (void)table.release(id);
  }
}

TEST(SlotTable, LeavesAPlaceWhoseCountIsUsedUp) {
  SlotTable<int, Id, std::uint8_t> table;
  std::set<Id> given;
  for (int i = 0; i < 1000; ++i) {
    auto const id = table.insert(std::make_unique<int>(i));
    EXPECT_TRUE(given.insert(id).second);
    EXPECT_NE(Id{}, id);
    EXPECT_EQ(i, *table.release(id));
  }
  for (auto const old : given) EXPECT_EQ(nullptr, table.find(old));
}

TEST(SlotTable, ShowsEachObjectThatIsThere) {
  Table table;
  (void)insert(table, 1);
  auto const b = insert(table, 2);
  (void)insert(table, 3);
  (void)table.release(b);
  std::vector<int> seen;
  table.for_each([&](int value) { seen.push_back(value); });
  EXPECT_EQ((std::vector{1, 3}), seen);
}

}  // namespace
}  // namespace gateway
