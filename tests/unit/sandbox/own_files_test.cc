#include "gateway/sandbox/own_files.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace gateway::sandbox {
namespace {

using Paths = std::set<std::string>;

/// A machine with these files, in directories that follow from them, and these links.
class FakeFiles {
 public:
  explicit FakeFiles(Paths files, std::map<std::string, std::string> links = {})
      : files_(std::move(files)), links_(std::move(links)) {}

  Files answers() const {
    return {.kind =
                [this](std::string const& path) {
                  if (files_.contains(path) || links_.contains(path)) return Files::Kind::File;
                  auto const inside = files_.lower_bound(path + "/");
                  return inside != files_.end() && inside->starts_with(path + "/") ? Files::Kind::Directory
                                                                                   : Files::Kind::None;
                },
            .real_path =
                [this](std::string const& path) {
                  auto const link = links_.find(path);
                  return link != links_.end() ? link->second : path;
                }};
  }

  Paths own(std::string const& program, std::vector<std::string> const& args) const {
    Paths paths;
    for (auto const& rule : own_files(program, args, "/home/u", answers())) {
      EXPECT_EQ(FileAccess::Execute, rule.access);
      paths.insert(rule.path);
    }
    return paths;
  }

 private:
  Paths files_;
  std::map<std::string, std::string> links_;
};

TEST(OwnFiles, OfAPackageAreTheDirectoryAboveNodeModules) {
  FakeFiles const machine({"/usr/bin/node", "/srv/fs/node_modules/@mcp/fs/dist/index.js"});
  EXPECT_EQ((Paths{"/srv/fs"}),
            machine.own("/usr/bin/node", {"/srv/fs/node_modules/@mcp/fs/dist/index.js", "/srv/data", "--flag"}));
}

TEST(OwnFiles, OfAVirtualEnvironmentAreTheDirectoryAboveIt) {
  FakeFiles const machine({"/srv/fetch/.venv/bin/mcp-server-fetch"});
  EXPECT_EQ((Paths{"/srv/fetch"}), machine.own("/srv/fetch/.venv/bin/mcp-server-fetch", {}));
}

TEST(OwnFiles, OfAProgramThatIsALinkAreAlsoWhereItLeads) {
  FakeFiles const machine({"/opt/node/bin/node", "/opt/node/lib/libnode.so"},
                          {{"/srv/fs/node_modules/.bin/node", "/opt/node/bin/node"}});
  EXPECT_EQ((Paths{"/srv/fs", "/opt/node/bin/node", "/opt/node/lib"}),
            machine.own("/srv/fs/node_modules/.bin/node", {}));
}

TEST(OwnFiles, OfAScriptAreThePackageThatDescribesIt) {
  FakeFiles const machine({"/usr/bin/node", "/opt/server/package.json", "/opt/server/build/index.js"});
  EXPECT_EQ((Paths{"/opt/server"}), machine.own("/usr/bin/node", {"/opt/server/build/index.js"}));
}

TEST(OwnFiles, OfAScriptWithoutAPackageAreTheScriptAlone) {
  FakeFiles const machine({"/usr/bin/python3", "/opt/server.py", "/opt/secret"});
  EXPECT_EQ((Paths{"/opt/server.py"}), machine.own("/usr/bin/python3", {"/opt/server.py"}));
}

TEST(OwnFiles, AreNeverTheWholeHomeOrTheWholeMachine) {
  FakeFiles const machine({"/home/u/package.json", "/home/u/server.js", "/home/u/node_modules/x/index.js",
                           "/package.json", "/a.js", "/node_modules/y/index.js"});
  EXPECT_EQ(
      (Paths{"/home/u/server.js", "/home/u/node_modules", "/a.js", "/node_modules"}),
      machine.own("", {"/home/u/server.js", "/home/u/node_modules/x/index.js", "/a.js", "/node_modules/y/index.js"}));
}

TEST(OwnFiles, ArePathsWithoutDetours) {
  FakeFiles const machine({"/srv/postgres/../toolbox/node_modules/t/toolbox"});
  EXPECT_EQ((Paths{"/srv/toolbox"}), machine.own("/srv/postgres/../toolbox/node_modules/t/toolbox", {}));
}

TEST(SystemFiles, HoldNoSecretsOfTheMachine) {
  for (auto const& rule : system_files()) {
    for (std::string const secret : {"/etc/shadow", "/etc/ssl/private/key.pem", "/root/.ssh/id", "/home/u/.ssh/id",
                                     "/etc/mcp-gateway/gateway.json", "/var/lib/x", "/run/docker.sock", "/tmp/x"})
      EXPECT_FALSE(secret.starts_with(rule.path + "/") || secret == rule.path) << rule.path;
    if (rule.access == FileAccess::Write) {
      EXPECT_TRUE(rule.path.starts_with("/dev/")) << rule.path;
    }
  }
}

}  // namespace
}  // namespace gateway::sandbox
