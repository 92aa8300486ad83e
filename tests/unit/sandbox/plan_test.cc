#include "gateway/sandbox/plan.h"

#include <gtest/gtest.h>

#include "gateway/sandbox/support.h"

namespace gateway::sandbox {
namespace {

Plan full_plan() {
  Plan plan;
  plan.groups = "/sys/fs/cgroup/a b";
  plan.group = {.memory = 7, .processes = 8};
  plan.account = Account{1000, 2000};
  plan.user_namespace = plan.network_namespace = plan.files_listed = true;
  plan.refuse_internet = plan.refuse_unix = plan.refuse_truncate = plan.allow_namespaces = true;
  plan.landlock = 7;
  plan.connect_ports = {53, 65535};
  plan.bind_ports.emplace();
  plan.files = {{FileAccess::Read, "/a=b", true},
                {FileAccess::Execute, "/with\nline", false},
                {FileAccess::Write, "/\xff not UTF-8", true},
                {FileAccess::Read, "--", false}};
  plan.limits = {1, 2, 3, 4, 5, 6};
  return plan;
}

TEST(SandboxPlan, SurvivesBeingWrittenAsWords) {
  for (auto const& plan : {Plan{}, full_plan()}) {
    auto const again = from_words(to_words(plan));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(plan, *again);
  }
}

TEST(SandboxPlan, NeverWritesTheWordThatEndsIt) {
  for (auto const& word : to_words(full_plan())) EXPECT_NE("--", word);
}

TEST(SandboxPlan, RefusesWordsItDoesNotUnderstand) {
  for (auto const* const word :
       {"", "fly", "read", "open-files=", "open-files=x", "open-files=-1", "account=1", "connect=65536", "connect=1,",
        "connect=,", "landlock=7x", "groups=", "group-memory=x", "core="}) {
    auto const read = from_words({"user-namespace", word});
    ASSERT_FALSE(read.ok()) << word;
    EXPECT_EQ(std::string("'") + word + "' is not understood", read.error().what);
  }
}

TEST(SandboxSupport, CanBeTakenAwayAndNeverAdded) {
  Support const all{.system_calls = true, .landlock = 4, .user_namespaces = true, .network_namespaces = true};
  EXPECT_EQ(all, without(all, ""));
  EXPECT_EQ(4, without(all, "landlock=7").landlock);
  EXPECT_EQ(2, without(all, "landlock=2").landlock);
  EXPECT_EQ(0, without(all, "landlock=nonsense").landlock);
  auto const less = without(all, "seccomp,landlock,user_namespaces,capabilities");
  EXPECT_FALSE(less.system_calls || less.user_namespaces || less.network_namespaces);
  EXPECT_EQ(0, less.landlock);
  EXPECT_EQ(4u, less.capabilities_for_user.size());
  EXPECT_TRUE(without(all, "network_namespaces").user_namespaces);
  EXPECT_EQ(Support{}, without({}, "landlock=7"));
}

}  // namespace
}  // namespace gateway::sandbox
