#include "gateway/imports/references.h"

#include <gtest/gtest.h>

namespace gateway::imports {
namespace {

std::string rewritten(std::string text, Kind kind = Kind::Claude, std::string workspace = {}) {
  References references(kind, {{"region", "eu"}, {"token", ""}}, std::move(workspace));
  Json value = std::move(text);
  references.rewrite("a", value);
  return value;
}

TEST(References, LeaveOursAsTheyAre) {
  for (auto const* const text : {"${NAME}", "${NAME:-a default}", "a ${X} b ${Y}", "pa$$word", "no {braces}", ""})
    EXPECT_EQ(text, rewritten(text));
}

TEST(References, AreWrittenOurWay) {
  EXPECT_EQ("x ${A}/${B}", rewritten("x ${env:A}/${env:B}"));
  EXPECT_EQ("${TOKEN}", rewritten("${input:token}"));
  EXPECT_EQ("${REGION:-eu}", rewritten("${input:region}"));
  EXPECT_EQ("${GITHUB_TOKEN}", rewritten("${input:github-token}"));
  EXPECT_EQ("${HOME}/x", rewritten("${userHome}${/}x"));
  EXPECT_EQ("${NAME}", rewritten("{env:NAME}"));
  EXPECT_EQ("${NAME}", rewritten("$NAME"));
}

TEST(References, OfLiteLlmAreItsOwn) {
  EXPECT_EQ("${NAME}", rewritten("os.environ/NAME", Kind::LiteLlm));
  EXPECT_EQ("os.environ/NAME", rewritten("os.environ/NAME"));
}

TEST(References, ThatAreNotClosedAreText) { EXPECT_EQ("a $${b", rewritten("a ${b")); }

TEST(References, ToAWorkspaceAreItsFolderWhereThatIsKnown) {
  EXPECT_EQ("/p/shop/src shop",
            rewritten("${workspaceFolder}/src ${workspaceFolderBasename}", Kind::VsCode, "/p/shop"));
  EXPECT_EQ("${WORKSPACE_FOLDER}/src", rewritten("${workspaceFolder}/src", Kind::VsCode));
}

TEST(References, TellWhichVariablesAreNeeded) {
  References references(Kind::VsCode, {}, {});
  Json value{{"a", {"${env:B}", "${A:-1}"}}, {"b", "${input:c}"}};
  references.rewrite("x", value);
  EXPECT_EQ((std::set<std::string>{"B", "C"}), references.variables());
  EXPECT_EQ((std::set<std::string>{"c"}), references.used_inputs());
  EXPECT_TRUE(references.take_remarks().empty());
}

TEST(References, ThatOnlyAnEditorKnowsAreRemarkedUpon) {
  References references(Kind::VsCode, {}, {});
  Json value{{"a", {"${config:python.path}"}}};
  references.rewrite("x", value);
  EXPECT_EQ("${CONFIG_PYTHON_PATH}", value["a"][0]);
  auto const remarks = references.take_remarks();
  ASSERT_EQ(1U, remarks.size());
  EXPECT_EQ("x.a[0]", remarks.front().path);
}

}  // namespace
}  // namespace gateway::imports
