#include "gateway/frontend/visit.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

using fakes::post;

/// "json", "sse", both or "".
std::string accepted(std::initializer_list<std::string> fields) {
  auto const request = post(fields);
  auto const forms = accepts(request.head);
  return std::string(forms.json ? "json " : "") + (forms.sse ? "sse" : "");
}

bool json(std::initializer_list<std::string> fields) {
  auto const request = post(fields);
  return is_json(request.head);
}

TEST(Accepts, ReadsWhatClientsSend) {
  EXPECT_EQ("json sse", accepted({"Accept: application/json, text/event-stream"}));
  EXPECT_EQ("json ", accepted({"Accept: application/json"}));
  EXPECT_EQ("sse", accepted({"Accept: text/event-stream"}));
  EXPECT_EQ("json sse", accepted({"Accept: */*"}));
  EXPECT_EQ("json sse", accepted({"Accept: text/*, application/*;q=0.1"}));
}

TEST(Accepts, TakesAnyFormWhereNothingIsSaid) { EXPECT_EQ("json sse", accepted({})); }

TEST(Accepts, JoinsSeveralFields) {
  EXPECT_EQ("json sse", accepted({"Accept: application/json", "ACCEPT: text/event-stream"}));
}

TEST(Accepts, LooksPastParametersCaseAndSpaces) {
  EXPECT_EQ("json sse", accepted({"Accept:  Application/JSON ; q=0.9 ,\tTEXT/event-stream;x=\"y\""}));
}

TEST(Accepts, TakesNothingItWasNotOffered) {
  for (std::string const value :
       {"", "text/html", "application/jsonp", "application/json-seq", "text/event", "x/*", ",,"}) {
    EXPECT_EQ("", accepted({"Accept: " + value})) << value;
  }
}

TEST(IsJson, GoesByTheMediaType) {
  EXPECT_TRUE(json({"Content-Type: application/json"}));
  EXPECT_TRUE(json({"Content-Type: Application/JSON; charset=utf-8"}));
  EXPECT_FALSE(json({}));
  EXPECT_FALSE(json({"Content-Type: text/plain"}));
  EXPECT_FALSE(json({"Content-Type: application/jsonx"}));
  EXPECT_FALSE(json({"Content-Type: application/x-www-form-urlencoded"}));
  EXPECT_FALSE(json({"Content-Type: text/plain; application/json"}));
}

TEST(IsJson, TakesNoEncodedBody) {
  EXPECT_TRUE(json({"Content-Type: application/json", "Content-Encoding: Identity"}));
  EXPECT_FALSE(json({"Content-Type: application/json", "Content-Encoding: gzip"}));
}

}  // namespace
}  // namespace gateway::frontend
