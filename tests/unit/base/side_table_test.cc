#include "gateway/base/side_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "gateway/base/ids.h"
#include "gateway/base/slot_table.h"

namespace gateway {
namespace {

struct Thing {};

TEST(SideTable, FindsWhatWasPutUnderAnId) {
  SlotTable<Thing, SessionId> things;
  SideTable<std::string, SessionId> names;
  auto const a = things.insert(std::make_unique<Thing>());
  auto const b = things.insert(std::make_unique<Thing>());
  names.put(b, "b");
  EXPECT_EQ(nullptr, names.find(a));
  ASSERT_NE(nullptr, names.find(b));
  EXPECT_EQ("b", *names.find(b));
}

TEST(SideTable, DoesNotFindWhatAnOlderObjectInTheSamePlaceHad) {
  SlotTable<Thing, SessionId> things;
  SideTable<std::string, SessionId> names;
  auto const old = things.insert(std::make_unique<Thing>());
  names.put(old, "old");
  auto const gone = things.release(old);
  auto const next = things.insert(std::make_unique<Thing>());
  EXPECT_EQ(nullptr, names.find(next));
  names.put(next, "next");
  EXPECT_EQ(nullptr, names.find(old));
  EXPECT_EQ("next", *names.find(next));
}

TEST(SideTable, GivesAValueOutOnce) {
  SideTable<std::unique_ptr<int>, SessionId> values;
  values.put(SessionId{7}, std::make_unique<int>(3));
  auto const taken = values.take(SessionId{7});
  ASSERT_TRUE(taken);
  EXPECT_EQ(3, *taken);
  EXPECT_EQ(nullptr, values.find(SessionId{7}));
  EXPECT_FALSE(values.take(SessionId{7}));
}

TEST(SideTable, HasNothingUnderNoId) {
  SideTable<int, SessionId> values;
  EXPECT_EQ(nullptr, values.find(SessionId{}));
  values.put(SessionId{1}, 1);
  EXPECT_EQ(nullptr, values.find(SessionId{}));
}

}  // namespace
}  // namespace gateway
