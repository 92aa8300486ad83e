#include "gateway/admin/status_page.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::admin {
namespace {

TEST(StatusPage, NamesASourceByItsHash) {
  // printf '%s' 'let a = 1' | openssl dgst -sha256 -binary | base64
  EXPECT_EQ("'sha256-LAfYd7pbFUgwfQu8b4q135PeTG2z+/coPEUYCd74eCQ='",
            source_hash("<p>x</p><script>let a = 1</script>", "script"));
}

TEST(StatusPage, IsOneSmallFileThatLoadsNothingFromElsewhere) {
  StatusPage const page;
  EXPECT_LT(page.html().size(), 100'000U);
  EXPECT_EQ(std::string::npos, page.html().find("/* page."));
  for (auto const* const absent : {"https://", "src=\"http", "@import", "innerHTML", "insertAdjacentHTML",
                                   "document.write", "eval(", " onclick=\"", "style=\""}) {
    EXPECT_EQ(std::string::npos, page.html().find(absent)) << absent;
  }
}

TEST(StatusPage, LetsItsOwnScriptAndStyleRunAndNothingElse) {
  StatusPage const page;
  auto const& policy = page.security_policy();
  EXPECT_NE(std::string::npos, policy.find("default-src 'none'; script-src 'sha256-"));
  EXPECT_NE(std::string::npos, policy.find("style-src 'sha256-"));
  EXPECT_NE(std::string::npos, policy.find("frame-ancestors 'none'"));
  EXPECT_EQ(std::string::npos, policy.find("unsafe"));
  EXPECT_TRUE(policy.ends_with("\r\n"));
}

}  // namespace
}  // namespace gateway::admin
