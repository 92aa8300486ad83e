#include "gateway/groups/resource_owners.h"

#include <gtest/gtest.h>

namespace gateway::groups {
namespace {

TEST(ResourceOwners, AreThoseWhoListAResourceOrATemplateItFits) {
  ResourceOwners owners(3);
  owners.learn_uris(0, {"file:///a"});
  owners.learn_templates(1, {"file:///{+path}", "db://{table}/rows{?limit}"});
  owners.learn_uris(2, {"ui://app/view", "file:///a"});
  EXPECT_EQ(0U, owners.owner_of("file:///a"));
  EXPECT_EQ(1U, owners.owner_of("file:///b/c"));
  EXPECT_EQ(1U, owners.owner_of("db://users/rows?limit=3"));
  EXPECT_EQ(1U, owners.owner_of("db://{table}/rows{?limit}"));
  EXPECT_EQ(2U, owners.owner_of("ui://app/view"));
  EXPECT_FALSE(owners.owner_of("ui://app/other"));
}

TEST(ResourceOwners, AreNotThoseWhoseTemplateFitsEverything) {
  ResourceOwners owners(2);
  owners.learn_templates(0, {"{+uri}", "{scheme}://{+rest}", "open{brace"});
  EXPECT_FALSE(owners.owner_of("ui://app/view"));
  EXPECT_EQ(0U, owners.owner_of("open{brace"));
}

TEST(ResourceOwners, ForgetWhatIsListedNoMore) {
  ResourceOwners owners(1);
  owners.learn_uris(0, {"a:1"});
  owners.learn_uris(0, {"a:2"});
  EXPECT_FALSE(owners.owner_of("a:1"));
}

}  // namespace
}  // namespace gateway::groups
