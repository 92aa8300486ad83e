#include "gateway/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway {
namespace {

struct FirstTag;
struct SecondTag;

struct Element : ListHook<FirstTag>, ListHook<SecondTag> {
  explicit Element(char n) : name(n) {}
  char name;
};

using First = IntrusiveList<Element, FirstTag>;
using Second = IntrusiveList<Element, SecondTag>;

template <typename List>
std::string names(List& list) {
  std::string all;
  list.for_each([&](Element const& element) { all.push_back(element.name); });
  return all;
}

TEST(IntrusiveList, KeepsTheOrderOfEntry) {
  First list;
  Element a('a'), b('b'), c('c');
  for (auto* const element : {&a, &b, &c}) list.push_back(*element);
  EXPECT_EQ("abc", names(list));
  EXPECT_EQ(&a, list.front());
}

TEST(IntrusiveList, MovesAnElementThatEntersAgainToTheBack) {
  First list;
  Element a('a'), b('b');
  list.push_back(a);
  list.push_back(b);
  list.push_back(a);
  EXPECT_EQ("ba", names(list));
}

TEST(IntrusiveList, TakesAnElementOutOfTheListItStoodIn) {
  First one, other;
  Element a('a');
  one.push_back(a);
  other.push_back(a);
  EXPECT_TRUE(one.empty());
  EXPECT_EQ("a", names(other));
}

TEST(IntrusiveList, LetsAnElementStandInOneListOfEachTag) {
  First first;
  Second second;
  Element a('a');
  first.push_back(a);
  second.push_back(a);
  a.ListHook<FirstTag>::unlink();
  EXPECT_TRUE(first.empty());
  EXPECT_EQ("a", names(second));
}

TEST(IntrusiveList, ForgetsAnElementThatDies) {
  First list;
  Element a('a');
  list.push_back(a);
  {
    Element b('b');
    list.push_back(b);
  }
  EXPECT_EQ("a", names(list));
}

TEST(IntrusiveList, FreesItsElementsWhenItDies) {
  Element a('a');
  {
    First list;
    list.push_back(a);
    EXPECT_TRUE(a.ListHook<FirstTag>::linked());
  }
  EXPECT_FALSE(a.ListHook<FirstTag>::linked());
  a.ListHook<FirstTag>::unlink();
}

TEST(IntrusiveList, LetsTheActionTakeItsElementOut) {
  First list;
  Element a('a'), b('b'), c('c');
  for (auto* const element : {&a, &b, &c}) list.push_back(*element);
  list.for_each([](Element& element) {
    if (element.name != 'b') element.ListHook<FirstTag>::unlink();
  });
  EXPECT_EQ("b", names(list));
}

TEST(IntrusiveList, HasNoFrontWhenEmpty) {
  First list;
  EXPECT_EQ(nullptr, list.front());
  EXPECT_EQ("", names(list));
}

}  // namespace
}  // namespace gateway
