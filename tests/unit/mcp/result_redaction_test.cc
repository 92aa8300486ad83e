#include "gateway/mcp/result_redaction.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

std::string redacted(RedactionRules const& rules, std::string_view json) {
  auto const redaction = ResultRedaction::by(rules);
  return redaction ? redaction->redacted(json).value_or("unchanged") : redaction.error().what;
}

std::string keys_redacted(std::string const& text) { return redacted({.keys = true}, "[\"" + text + "\"]"); }

TEST(ResultRedactionTest, ReplacesWithinStringsAndLeavesTheRest) {
  EXPECT_EQ(R"({"content":[{"type":"text","text":"it is ***, ***"}],"n":12.50})",
            redacted({.secrets = {"hunter22"}},
                     R"({"content":[{"type":"text","text":"it is hunter22, hunter22"}],"n":12.50})"));
  EXPECT_EQ("unchanged", redacted({.secrets = {"hunter22"}}, R"({"content":[{"type":"text","text":"nothing"}]})"));
}

TEST(ResultRedactionTest, LeavesNamesOfMembers) {
  EXPECT_EQ(R"({"hunter22" : "***"})", redacted({.secrets = {"hunter22"}}, R"({"hunter22" : "hunter22"})"));
}

TEST(ResultRedactionTest, FindsWhatIsEscapedInAnyWay) {
  EXPECT_EQ(R"(["***"])", redacted({.secrets = {"hunter22"}}, R"(["\u0068unter22"])"));
  EXPECT_EQ(R"(["a\n*** \"b\""])", redacted({.secrets = {"pass/word"}}, R"(["a\npass\/word \"b\""])"));
  EXPECT_EQ(R"(["{\"key\":\"***\"}"])", redacted({.secrets = {"hunter22"}}, R"(["{\"key\":\"hunter22\"}"])"));
  EXPECT_EQ("[\"***\xc3\xa4\"]", redacted({.secrets = {"h\xc3\xbcnter"}}, R"(["h\u00fcnter\u00e4"])"));
}

TEST(ResultRedactionTest, FindsKeysAndSecretsInJsonWithinAText) {
  auto const key = "ghp_" + std::string(36, 'a');
  EXPECT_EQ(R"(["{\"file\":\"keys:***\"}"])", redacted({.keys = true}, R"(["{\"file\":\"keys:\\n)" + key + R"(\"}"])"));
  EXPECT_EQ(R"(["{\"p\":\"***\"}"])",
            redacted({.secrets = {"p\"ss\\w\xc3\xb6rd"}}, R"(["{\"p\":\"p\\\"ss\\\\w\\u00f6rd\"}"])"));
  EXPECT_EQ("[\"{\\\"p\\\":\\\"***\\\"}\"]",
            redacted({.secrets = {"p\"ss\xc3\xb6rd"}}, "[\"{\\\"p\\\":\\\"p\\\\\\\"ss\xc3\xb6rd\\\"}\"]"));
}

TEST(ResultRedactionTest, LeavesNothingOfASecretOfWhichAPatternFitsAPart) {
  EXPECT_EQ(R"(["***"])", redacted({.secrets = {"abc123-XYZsecret"}, .patterns = {"Bearer [^ ]+"}},
                                   R"(["Bearer abc123-XYZsecret"])"));
}

TEST(ResultRedactionTest, LeavesWhatTheServerGetsBack) {
  auto const rules = RedactionRules{.patterns = {"[a-z0-9-]+"}};
  EXPECT_EQ(
      R"({"nextCursor":"abc","requestState":"abc","resultType":"complete","text":"***","list":["***"]})",
      redacted(rules,
               R"({"nextCursor":"abc","requestState":"abc","resultType":"complete","text":"abc","list":["abc"]})"));
  EXPECT_EQ(R"({"requestState":["***"],"type":{"text":"***"}})",
            redacted(rules, R"({"requestState":["abc"],"type":{"text":"abc"}})"));
}

TEST(ResultRedactionTest, IsNotSlowedDownByATextThatIsMadeForIt) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "eyJaaaaaaaa-AKIA" + std::string(16, 'A') + "-";
  auto const clean = keys_redacted(text);
  EXPECT_EQ(std::string::npos, clean.find("AKIA"));
}

TEST(ResultRedactionTest, FindsWhatPatternsFitInTheTextAsItIsMeant) {
  EXPECT_EQ(R"(["***","12-34-567"])", redacted({.patterns = {"^[0-9]{2}-[0-9]{2}$"}}, R"(["12-34","12-34-567"])"));
  EXPECT_EQ(R"(["***"])", redacted({.patterns = {"a\nb"}}, R"(["a\nb"])"));
}

TEST(ResultRedactionTest, KnowsTheShapesOfKeys) {
  auto const letters = std::string(36, 'a');
  for (auto const& key :
       {"ghp_" + letters, "github_pat_11ABCDEFG0" + letters, "glpat-" + letters, std::string("AKIAIOSFODNN7EXAMPLE"),
        "AIza" + letters.substr(1), std::string("xoxb-1234567890-abc"), "sk-ant-api03-" + letters, "sk_live_" + letters,
        "npm_" + letters, "hf_" + letters, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + letters}) {
    EXPECT_EQ(R"(["is *** so"])", keys_redacted("is " + key + " so")) << key;
  }
  EXPECT_EQ(R"(["a *** b"])",
            keys_redacted(R"(a -----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY----- b)"));
  EXPECT_EQ(R"(["***"])", keys_redacted(R"(-----BEGIN PRIVATE KEY-----\nMIIE)"));
}

TEST(ResultRedactionTest, TakesNothingElseForAKey) {
  for (auto const* text : {"ghp_short", "a task-management-system-for-everybody", "eyJhbGciOiJIUzI1NiJ9", "sk-short",
                           "-----BEGIN CERTIFICATE-----", "AKIA", "0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ("unchanged", keys_redacted(text)) << text;
  }
}

TEST(ResultRedactionTest, SurvivesWhatIsNoJson) {
  for (auto const* text : {"", "\"", "\"abc", "[\"hunter22\\", "{\"a\":"}) {
    EXPECT_EQ("unchanged", redacted({.secrets = {"hunter22"}}, text)) << text;
  }
}

}  // namespace
}  // namespace gateway::mcp
