#include "gateway/sandbox/decide.h"

#include <gmock/gmock.h>

#include "gateway/sandbox/describe.h"

namespace gateway::sandbox {
namespace {

using config::SandboxConfig;
using config::SandboxLayer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Support everything() {
  return {.system_calls = true, .landlock = 7, .user_namespaces = true, .network_namespaces = true};
}

Machine machine() {
  return {.files = {.kind =
                        [](std::string const& path) {
                          return path.ends_with(".js") ? Files::Kind::File : Files::Kind::Directory;
                        },
                    .real_path = [](std::string const& path) { return path; }},
          .account = [](std::string const& name) -> std::optional<Account> {
            if (name == "mcp") return Account{900, 901};
            if (name == "toor") return Account{0, 0};
            return std::nullopt;
          }};
}

Decision decided(SandboxConfig sandbox, Support const& support = everything(), std::vector<std::string> args = {}) {
  config::ServiceConfig service;
  service.command = "node";
  service.args = std::move(args);
  service.sandbox = std::move(sandbox);
  return decide(service, "/opt/node/node", "/home/u", support, machine());
}

TEST(SandboxDecision, OfAnEmptyObjectListsFilesAndLeavesTheNetwork) {
  auto const decision = decided({});
  EXPECT_THAT(decision.missing, IsEmpty());
  EXPECT_TRUE(decision.plan.files_listed);
  EXPECT_TRUE(decision.plan.refuse_unix);
  EXPECT_EQ(7, decision.plan.landlock);
  EXPECT_FALSE(decision.plan.user_namespace || decision.plan.refuse_internet || decision.plan.allow_namespaces);
  EXPECT_THAT(decision.plan.files, Contains(FileRule{FileAccess::Execute, "/opt/node/node", false}));
}

TEST(SandboxDecision, TakesDirectoriesOfArgumentsOnlyWhenAsked) {
  FileRule const data{FileAccess::Write, "/srv/data", true};
  EXPECT_THAT(decided({.write_args = true}, everything(), {"/srv/data", "rel"}).plan.files, Contains(data));
  EXPECT_THAT(decided({}, everything(), {"/srv/data"}).plan.files, Not(Contains(data)));
}

TEST(SandboxDecision, DemandsPathsOfTheFileAndNotThoseOfAPreset) {
  auto playwright = *config::sandbox_preset("playwright");
  playwright.write.emplace_back("/srv/out");
  auto const plan = decided(playwright).plan;
  EXPECT_THAT(plan.files, Contains(FileRule{FileAccess::Write, "/dev/shm", false}));
  EXPECT_THAT(plan.files, Contains(FileRule{FileAccess::Write, "/srv/out", true}));
}

TEST(SandboxDecision, KeepsANetworkOutByANamespaceOrElseByTheFilter) {
  auto const own = decided({.network = config::NetworkReach::None}).plan;
  EXPECT_TRUE(own.network_namespace && own.user_namespace && !own.refuse_internet);
  auto support = everything();
  support.network_namespaces = false;
  auto const refused = decided({.network = config::NetworkReach::None}, support).plan;
  EXPECT_TRUE(!refused.network_namespace && !refused.user_namespace && refused.refuse_internet);
}

TEST(SandboxDecision, HasNoPortsWhereThereIsNoNetwork) {
  auto support = everything();
  support.landlock = 2;
  auto const decision = decided({.network = config::NetworkReach::None, .connect_ports = {{443}}}, support);
  EXPECT_THAT(decision.missing, IsEmpty());
  EXPECT_FALSE(decision.plan.connect_ports);
}

TEST(SandboxDecision, RefusesWhatIsMissingUnlessItIsOptional) {
  SandboxConfig box{.connect_ports = {{443}}};
  auto support = everything();
  support.landlock = 3;
  EXPECT_THAT(
      decided(box, support).missing,
      ElementsAre("its sandbox needs TCP port rules: Landlock version 4 (Linux 6.7), and this kernel has version 3"));
  box.optional = {SandboxLayer::TcpPorts};
  auto const decision = decided(box, support);
  EXPECT_THAT(decision.missing, IsEmpty());
  EXPECT_THAT(decision.lacking, ElementsAre(HasSubstr("Landlock version 4")));
  EXPECT_FALSE(decision.plan.connect_ports);
  EXPECT_TRUE(decision.plan.files_listed);
}

TEST(SandboxDecision, NeedsFiltersOfSystemCallsAlways) {
  SandboxConfig const box{.files = config::FileReach::Any,
                          .optional = {SandboxLayer::Files, SandboxLayer::TcpPorts, SandboxLayer::Processes}};
  EXPECT_THAT(decided(box, {}).missing, ElementsAre(HasSubstr("seccomp")));
}

TEST(SandboxDecision, RefusesTruncationItselfWhereLandlockDoesNotSeeIt) {
  auto support = everything();
  EXPECT_FALSE(decided({}, support).plan.refuse_truncate);
  support.landlock = 2;
  EXPECT_TRUE(decided({}, support).plan.refuse_truncate);
  EXPECT_FALSE(decided({.files = config::FileReach::Any}, support).plan.refuse_truncate);
}

TEST(SandboxDecision, CountsProcessesInANamespaceOrOfAUserAndNeverRoots) {
  SandboxConfig box{.max_processes = 9};
  auto support = everything();
  EXPECT_TRUE(decided(box, support).plan.user_namespace);
  EXPECT_EQ(9u, decided(box, support).plan.limits.processes);
  support.is_root = true;
  EXPECT_THAT(decided(box, support).missing, ElementsAre(HasSubstr("those of root; set sandbox.user")));
  box.user = "mcp";
  EXPECT_EQ(9u, decided(box, support).plan.limits.processes);
  support.user_namespaces = support.network_namespaces = false;
  EXPECT_FALSE(decided(box, support).plan.user_namespace);
  box.user.clear();
  support.is_root = false;
  EXPECT_THAT(decided(box, support).missing, ElementsAre(HasSubstr("user namespaces")));
}

TEST(SandboxDecision, PrefersControlGroupsWhichHoldRootToo) {
  auto support = everything();
  support.is_root = true;
  support.groups = {.directory = "/g", .memory = true, .processes = true};
  auto const plan = decided({.max_processes = 9, .max_memory = 1024}, support).plan;
  EXPECT_EQ("/g", plan.groups);
  EXPECT_EQ((GroupLimits{.memory = 1024, .processes = 9}), plan.group);
  EXPECT_FALSE(plan.limits.processes || plan.user_namespace);
  EXPECT_TRUE(decided({}, support).plan.groups.empty());
}

TEST(SandboxDecision, NeedsAControlGroupForMemory) {
  EXPECT_THAT(decided({.max_memory = 1}).missing, ElementsAre(HasSubstr("a delegated control group")));
  EXPECT_THAT(decided({.max_memory = 1, .optional = {SandboxLayer::Memory}}).missing, IsEmpty());
}

TEST(SandboxDecision, FindsTheUser) {
  EXPECT_EQ((Account{900, 901}), decided({.user = "mcp"}).plan.account);
  EXPECT_EQ((Account{5, 5}), decided({.user = "5"}).plan.account);
  EXPECT_EQ((Account{5, 6}), decided({.user = "5:6"}).plan.account);
  EXPECT_THAT(decided({.user = "nobody-here"}).missing, ElementsAre(HasSubstr("does not exist")));
  EXPECT_THAT(decided({.user = "toor"}).missing, ElementsAre(HasSubstr("is root")));
  auto support = everything();
  support.capabilities_for_user = {"CAP_KILL"};
  EXPECT_THAT(decided({.user = "mcp"}, support).missing, ElementsAre(HasSubstr("lacks CAP_KILL")));
}

TEST(SandboxDecision, RoundsTimeUpAndTakesZeroForNoLimit) {
  auto const limits = decided({.max_cpu_time = milliseconds{1001}}).plan.limits;
  EXPECT_EQ(2u, limits.cpu_seconds);
  EXPECT_FALSE(limits.open_files || limits.data || limits.file_size || limits.processes);
  EXPECT_EQ(0u, limits.core);
}

TEST(SandboxPresets, NeedNothingThatDebiansKernelLacks) {
  // Linux 6.1, as in Debian 12, for a gateway that is not root.
  auto support = everything();
  support.landlock = 2;
  for (auto const name : config::sandbox_presets())
    EXPECT_THAT(decided(*config::sandbox_preset(name), support).missing, IsEmpty());
}

TEST(SandboxPresets, AreAllThereAndNamedAfterThemselves) {
  for (auto const name : config::sandbox_presets()) {
    auto const preset = config::sandbox_preset(name);
    ASSERT_TRUE(preset) << name;
    EXPECT_EQ(name, preset->preset);
  }
  EXPECT_FALSE(config::sandbox_preset(""));
}

TEST(SandboxDescription, SaysWhatApplies) {
  auto const text =
      describe(decided({.read = {"/srv/in"}, .network = config::NetworkReach::None, .max_open_files = 7}).plan);
  EXPECT_EQ(
      "system files; executes /opt/node/node; reads /srv/in; no network (a namespace of its own); no Unix sockets; "
      "signals only to its own processes; at most 7 open files",
      text);
}

}  // namespace
}  // namespace gateway::sandbox
