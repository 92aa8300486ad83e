#include "gateway/http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gateway::http {
namespace {

using namespace std::string_literals;
using HeadState = HeadResult::State;

constexpr auto kPost =
    "POST /mcp/echo?trace=1 HTTP/1.1\r\n"
    "Host: gateway.example:8080\r\n"
    "Accept: application/json, text/event-stream\r\n"
    "User-Agent: python-httpx/0.27.2\r\n"
    "Content-Type: application/json\r\n"
    "Mcp-Session-Id: \t 5f3c1c0e \t\r\n"
    "Content-Length: 152\r\n"
    "\r\n";

struct Parsed {
  HeadResult result;
  RequestHead head;
};

/// The views of the result point into `bytes`, which must live as long as they are read.
Parsed parse(std::string_view bytes, HeadLimits const& limits = {}) {
  Parsed parsed;
  parsed.result = parse_head(bytes, 0, limits, parsed.head);
  return parsed;
}

/// A POST whose fields are `fields`, with Host before them.
std::string post_with(std::string const& fields) {
  return "POST /mcp HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
}

std::string get(std::string const& target) { return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n"; }

TEST(RequestHead, ReadsThePostOfAClient) {
  auto const [result, head] = parse(kPost);
  ASSERT_EQ(HeadState::Done, result.state);
  EXPECT_EQ(std::string_view(kPost).size(), result.consumed);
  EXPECT_EQ(Method::Post, head.method);
  EXPECT_EQ("/mcp/echo?trace=1", head.target);
  EXPECT_EQ("/mcp/echo", head.path);
  EXPECT_EQ("trace=1", head.query);
  EXPECT_EQ(1, head.minor_version);
  EXPECT_EQ("gateway.example:8080", head.host);
  EXPECT_EQ(152U, head.content_length);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_EQ(6U, head.fields().size());
}

TEST(RequestHead, FindsFieldsWhateverTheirCase) {
  auto const text = post_with("X-Tag: one\r\nx-tag: two\r\nEmpty:\r\n");
  auto const head = parse(text).head;
  EXPECT_EQ("one", head.find("x-tag"));
  EXPECT_EQ("one", head.look_up("x-tag").value);
  EXPECT_TRUE(head.look_up("x-tag").repeated);
  EXPECT_FALSE(head.look_up("empty").repeated);
  EXPECT_EQ("", head.find("empty"));
  EXPECT_EQ(std::nullopt, head.find("absent"));
  EXPECT_EQ(std::nullopt, head.look_up("absent").value);
}

TEST(RequestHead, LeavesTheBlanksAroundAValueOut) {
  EXPECT_EQ("5f3c1c0e", parse(kPost).head.find("mcp-session-id"));
  EXPECT_EQ("a \t b", parse(post_with("X: \ta \t b \t\r\n")).head.find("x"));
  EXPECT_EQ("", parse(post_with("X: \t \r\n")).head.find("x"));
}

TEST(RequestHead, KeepsNothingOfTheRequestBefore) {
  RequestHead head;
  auto const first = "POST /a?b HTTP/1.0\r\nHost: h\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\n"s;
  auto const chunked = post_with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n");
  ASSERT_EQ(HeadState::Done, parse_head(chunked, 0, {}, head).state);
  ASSERT_EQ(HeadState::Done, parse_head(first, 0, {}, head).state);
  ASSERT_EQ(HeadState::Done, parse_head("OPTIONS * HTTP/1.0\r\n\r\n", 0, {}, head).state);
  EXPECT_EQ(0U, head.content_length);
  EXPECT_EQ("", head.host);
  EXPECT_EQ("", head.query);
  EXPECT_EQ(0U, head.fields().size());
  EXPECT_FALSE(head.chunked);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.keep_alive);
}

TEST(RequestHead, TellsTheMethodsApart) {
  struct {
    std::string_view name;
    Method method;
  } const cases[] = {
      {"GET", Method::Get},    {"POST", Method::Post},  {"DELETE", Method::Delete},  {"OPTIONS", Method::Options},
      {"HEAD", Method::Head},  {"PUT", Method::Put},    {"PATCH", Method::Patch},    {"TRACE", Method::Other},
      {"post", Method::Other}, {"GETS", Method::Other}, {"M-SEARCH", Method::Other},
  };
  for (auto const& [name, method] : cases) {
    SCOPED_TRACE(name);
    auto const [result, head] = parse(std::string(name) + " / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(HeadState::Done, result.state);
    EXPECT_EQ(method, head.method);
  }
}

TEST(RequestHead, SplitsTheTarget) {
  struct {
    std::string target, path, query;
  } const cases[] = {
      {"/", "/", ""},
      {"/a/b", "/a/b", ""},
      {"/a?", "/a", ""},
      {"/a?b=c?d", "/a", "b=c?d"},
      {"/a%2Fb", "/a%2Fb", ""},
      {"/?q={a|b}&c=[1]", "/", "q={a|b}&c=[1]"},
      {"//a.example/b", "//a.example/b", ""},
      {"http://a.example/b?c", "/b", "c"},
      {"HTTPS://A.EXAMPLE/b", "/b", ""},
      {"http://a.example", "/", ""},
      {"http://a.example?c", "/", "c"},
  };
  for (auto const& [target, path, query] : cases) {
    SCOPED_TRACE(target);
    auto const text = get(target);
    auto const [result, head] = parse(text);
    ASSERT_EQ(HeadState::Done, result.state) << result.error.reason;
    EXPECT_EQ(target, head.target);
    EXPECT_EQ(path, head.path);
    EXPECT_EQ(query, head.query);
  }
}

TEST(RequestHead, PointsOnlyIntoTheBytesItWasGiven) {
  auto const text = "GET http://a.example HTTP/1.1\r\nHost: a.example\r\nX: 1\r\n\r\n"s;
  auto const head = parse(text).head;
  auto const inside = [&](std::string_view view) {
    return view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size();
  };
  EXPECT_TRUE(inside(head.target));
  EXPECT_TRUE(inside(head.path));
  EXPECT_TRUE(inside(head.host));
  for (auto const& field : head.fields()) EXPECT_TRUE(inside(field.name) && inside(field.value));
}

TEST(RequestHead, DecidesWhetherTheConnectionStays) {
  struct {
    std::string version, fields;
    bool keep_alive;
  } const cases[] = {
      {"1.1", "", true},
      {"1.0", "", false},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: CLOSE\r\n", false},
      {"1.1", "Connection: keep-alive, close\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: x,,\tclose ,\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.1", "Connection:\r\n", true},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: close, keep-alive\r\n", false},
      {"1.1", "Proxy-Connection: close\r\n", true},
  };
  for (auto const& [version, fields, keep_alive] : cases) {
    SCOPED_TRACE(version + " " + fields);
    auto const text = "GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n";
    auto const [result, head] = parse(text);
    EXPECT_EQ(HeadState::Done, result.state);
    EXPECT_EQ(keep_alive, head.keep_alive);
  }
}

TEST(RequestHead, KnowsTheLengthOfTheBody) {
  EXPECT_EQ(0U, parse(post_with("")).head.content_length);
  EXPECT_EQ(5U, parse(post_with("Content-Length: 5\r\n")).head.content_length);
  EXPECT_EQ(5U, parse(post_with("content-length:005\r\n")).head.content_length);
  EXPECT_EQ(UINT64_MAX, parse(post_with("Content-Length: 18446744073709551615\r\n")).head.content_length);
  EXPECT_TRUE(parse(post_with("Transfer-Encoding: chunked\r\n")).head.chunked);
  EXPECT_TRUE(parse(post_with("transfer-encoding:\tCHUNKED \r\n")).head.chunked);
}

TEST(RequestHead, PassesOnTheWishForAnInterimAnswerInHttp11Only) {
  EXPECT_TRUE(parse(post_with("Expect: 100-Continue\r\n")).head.expect_continue);
  EXPECT_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").head.expect_continue);
}

TEST(RequestHead, StopsAtTheEndOfTheFirstHead) {
  auto const text = get("/first");
  EXPECT_EQ(text.size(), parse(text + get("/second")).result.consumed);
  EXPECT_EQ(text.size(), parse(text + "\n\0\r\n\r\n"s).result.consumed);
}

TEST(RequestHead, OverlooksOneEmptyLineBeforeTheRequest) {
  auto const text = get("/");
  auto const [result, head] = parse("\r\n" + text);
  ASSERT_EQ(HeadState::Done, result.state);
  EXPECT_EQ(text.size() + 2, result.consumed);
  EXPECT_EQ(HeadState::Failed, parse("\r\n\r\n" + text).result.state);
  EXPECT_EQ(HeadState::Failed, parse("\n" + text).result.state);
}

struct RefusedHead {
  std::string name, text;
  int status;
  std::string_view reason;
};

/// The smuggling corpus: what parsers are known to disagree about, and plain garbage.
std::vector<RefusedHead> refused_requests() {
  auto const http10 = [](std::string const& fields) { return "POST / HTTP/1.0\r\n" + fields + "\r\n"; };
  return {
      {"TE and CL", post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400, "te_cl"},
      {"CL and TE", post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, "te_cl"},
      {"TE and CL 0", post_with("Content-Length: 0\r\ntransfer-encoding:chunked\r\n"), 400, "te_cl"},
      {"equal CLs", post_with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "two_content_lengths"},
      {"different CLs", post_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, "two_content_lengths"},
      {"list of CLs", post_with("Content-Length: 5, 5\r\n"), 400, "bad_content_length"},
      {"CL with plus", post_with("Content-Length: +5\r\n"), 400, "bad_content_length"},
      {"CL with minus", post_with("Content-Length: -5\r\n"), 400, "bad_content_length"},
      {"CL in hex", post_with("Content-Length: 0x5\r\n"), 400, "bad_content_length"},
      {"CL with space inside", post_with("Content-Length: 5 5\r\n"), 400, "bad_content_length"},
      {"CL with fraction", post_with("Content-Length: 5.0\r\n"), 400, "bad_content_length"},
      {"CL with exponent", post_with("Content-Length: 5e1\r\n"), 400, "bad_content_length"},
      {"CL with underscore", post_with("Content-Length: 1_0\r\n"), 400, "bad_content_length"},
      {"CL with other digits", post_with("Content-Length: \xd9\xa5\r\n"), 400, "bad_content_length"},
      {"CL quoted", post_with("Content-Length: \"5\"\r\n"), 400, "bad_content_length"},
      {"CL empty", post_with("Content-Length:\r\n"), 400, "bad_content_length"},
      {"CL of 2^64", post_with("Content-Length: 18446744073709551616\r\n"), 400, "bad_content_length"},
      {"CL huge", post_with("Content-Length: " + std::string(100, '9') + "\r\n"), 400, "bad_content_length"},
      {"unknown TE and CL", post_with("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"), 501,
       "unknown_transfer_coding"},
      {"unknown TE, then chunked", post_with("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), 501,
       "unknown_transfer_coding"},
      {"equal TEs", post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
       "two_transfer_encodings"},
      {"TE hidden by a second", post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400,
       "two_transfer_encodings"},
      {"TE gzip, chunked", post_with("Transfer-Encoding: gzip, chunked\r\n"), 501, "unknown_transfer_coding"},
      {"TE chunked, gzip", post_with("Transfer-Encoding: chunked, gzip\r\n"), 501, "unknown_transfer_coding"},
      {"TE chunked twice", post_with("Transfer-Encoding: chunked, chunked\r\n"), 501, "unknown_transfer_coding"},
      {"TE xchunked", post_with("Transfer-Encoding: xchunked\r\n"), 501, "unknown_transfer_coding"},
      {"TE identity", post_with("Transfer-Encoding: identity\r\n"), 501, "unknown_transfer_coding"},
      {"TE quoted", post_with("Transfer-Encoding: \"chunked\"\r\n"), 501, "unknown_transfer_coding"},
      {"TE with parameter", post_with("Transfer-Encoding: chunked;q=1\r\n"), 501, "unknown_transfer_coding"},
      {"TE empty", post_with("Transfer-Encoding:\r\n"), 501, "unknown_transfer_coding"},
      {"TE with vertical tab",
       post_with("Transfer-Encoding: \x0b"
                 "chunked\r\n"),
       400, "control_byte"},
      {"TE with byte FF",
       post_with("Transfer-Encoding: \xff"
                 "chunked\r\n"),
       501, "unknown_transfer_coding"},
      {"TE folded after chunked", post_with("Transfer-Encoding: chunked\r\n , x\r\n"), 400, "obs_fold"},
      {"TE folded before chunked", post_with("Transfer-Encoding:\r\n chunked\r\n"), 501, "unknown_transfer_coding"},
      {"TE in 1.0", http10("Transfer-Encoding: chunked\r\n"), 400, "te_in_http_1_0"},
      {"space before the colon", post_with("Content-Length : 5\r\n"), 400, "space_before_colon"},
      {"tab before the colon", post_with("Transfer-Encoding\t: chunked\r\n"), 400, "space_before_colon"},
      {"fold with space", post_with("X: a\r\n b\r\n"), 400, "obs_fold"},
      {"fold with tab", post_with("X: a\r\n\tb\r\n"), 400, "obs_fold"},
      {"first field indented", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "obs_fold"},
      {"line of blanks", post_with(" \r\n"), 400, "obs_fold"},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "bare_lf"},
      {"bare LF after a field", post_with("X: a\nY: b\r\n"), 400, "bare_lf"},
      {"bare LF as last line", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400, "bare_lf"},
      {"bare LFs only", "GET / HTTP/1.1\nHost: h\n\n", 400, "bare_lf"},
      {"LF alone", "\n", 400, "bare_lf"},
      {"bare CR in a value", post_with("X: a\rY: b\r\n"), 400, "bare_cr"},
      {"bare CR in a name", post_with("X\rY: b\r\n"), 400, "bare_cr"},
      {"bare CR before a name", post_with("\rX: b\r\n"), 400, "bare_cr"},
      {"two CRs before the LF", post_with("X: b\r\r\n"), 400, "bare_cr"},
      {"bare CR in the request line", "GET / HTTP/1.1\rHost: h\r\n\r\n", 400, "bad_version"},
      {"NUL in a value", post_with("X: a\0b\r\n"s), 400, "control_byte"},
      {"NUL in a name", post_with("X\0Y: b\r\n"s), 400, "bad_field_name"},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, 400, "bad_target"},
      {"DEL in a value", post_with("X: a\x7f\r\n"), 400, "control_byte"},
      {"escape in a value", post_with("X: a\x1b[0m\r\n"), 400, "control_byte"},
      {"field without name", post_with(": a\r\n"), 400, "bad_field_name"},
      {"field without colon", post_with("Host a\r\n"), 400, "space_before_colon"},
      {"line without colon", post_with("XY\r\n"), 400, "bad_field_name"},
      {"name with byte 80", post_with("X\x80: a\r\n"), 400, "bad_field_name"},
      {"name in quotes", post_with("\"X\": a\r\n"), 400, "bad_field_name"},
      {"no Host in 1.1", "GET / HTTP/1.1\r\n\r\n", 400, "no_host"},
      {"different Hosts", post_with("Host: b.example\r\n"), 400, "two_hosts"},
      {"equal Hosts", post_with("Host: a.example\r\n"), 400, "two_hosts"},
      {"absolute-form of another host", get("http://b.example/"), 400, "host_mismatch"},
      {"absolute-form of another port", get("http://a.example:81/"), 400, "host_mismatch"},
      {"absolute-form with user", get("http://u@a.example/"), 400, "host_mismatch"},
      {"absolute-form and no Host in 1.0", "GET http://h/ HTTP/1.0\r\n\r\n", 400, "host_mismatch"},
      {"absolute-form without host", get("http:///"), 400, "bad_target"},
      {"absolute-form of another scheme", get("file://a.example/"), 400, "bad_target"},
      {"authority-form", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", 400, "bad_target"},
      {"relative target", get("a"), 400, "bad_target"},
      {"asterisk for GET", get("*"), 400, "bad_target"},
      {"fragment", get("/a#b"), 400, "bad_target"},
      {"quote in the target", get("/a\"b"), 400, "bad_target"},
      {"angle brackets in the target", get("/<a>"), 400, "bad_target"},
      {"byte 80 in the target", get("/\x80"), 400, "bad_target"},
      {"tab in the target", get("/a\tb"), 400, "bad_target"},
      {"two spaces in the request line", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_target"},
      {"space in the target", get("/a b"), 400, "bad_version"},
      {"space after the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "bad_version"},
      {"HTTP/0.9", "GET /\r\n\r\n", 400, "bad_version"},
      {"lower-case version", "GET / http/1.1\r\nHost: h\r\n\r\n", 400, "bad_version"},
      {"version of two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400, "bad_version"},
      {"version without dot", "GET / HTTP/11\r\nHost: h\r\n\r\n", 400, "bad_version"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "unknown_version"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unknown_version"},
      {"no method", " / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_method"},
      {"method with colon", "GET: / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_method"},
      {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_method"},
      {"Connection is no list", post_with("Connection: keep alive\r\n"), 400, "bad_connection"},
      {"unknown expectation", post_with("Expect: 200-ok\r\n"), 417, "unknown_expectation"},
      {"list of expectations", post_with("Expect: 100-continue, x\r\n"), 417, "unknown_expectation"},
  };
}

TEST(RequestHead, RefusesWhatAnotherParserMightReadDifferently) {
  for (auto const& [name, text, status, reason] : refused_requests()) {
    SCOPED_TRACE(name);
    auto const result = parse(text).result;
    EXPECT_EQ(HeadState::Failed, result.state);
    EXPECT_EQ(status, result.error.status);
    EXPECT_EQ(reason, result.error.reason);
  }
}

TEST(RequestHead, FindsNamesOfAnyLengthWhateverTheirCase) {
  for (std::size_t const size : {1, 7, 8, 9, 15, 16, 17, 64, 254, 255, 256, 300}) {
    SCOPED_TRACE(size);
    std::string const lower(size, 'n');
    auto mixed = lower;
    mixed.front() = 'N';
    mixed.back() = 'N';
    auto other = lower;
    other.back() = 'm';
    auto const text = post_with(mixed + ": v\r\n");
    auto const head = parse(text).head;
    EXPECT_EQ("v", head.find(lower));
    EXPECT_EQ("v", head.look_up(lower).value);
    EXPECT_EQ(std::nullopt, head.find(other));
    EXPECT_EQ(std::nullopt, head.look_up(other).value);
    EXPECT_EQ(std::nullopt, head.find(lower + "n"));
  }
}

TEST(RequestHead, FindsEachOfManyFieldsAndWhichAreRepeated) {
  constexpr std::size_t kFields = 60;
  auto const name = [](std::size_t i) {
    return "x-" + std::string(1, static_cast<char>('a' + i % 26)) + (i < 26 ? "1" : "2");
  };
  std::string fields;
  for (std::size_t i = 0; i < kFields; ++i) fields += name(i) + ": " + std::to_string(i) + "\r\n";
  auto const text = post_with(fields);
  auto const head = parse(text).head;
  for (std::size_t i = 0; i < kFields; ++i) {
    SCOPED_TRACE(i);
    auto const again = i >= 26 && i + 26 < kFields;  // the names of the second alphabet begin anew
    auto const first = i >= 52 ? i - 26 : i;
    EXPECT_EQ(std::to_string(first), head.find(name(i)));
    EXPECT_EQ(std::to_string(first), head.look_up(name(i)).value);
    EXPECT_EQ(again || i >= 52, head.look_up(name(i)).repeated);
  }
  EXPECT_EQ(std::nullopt, head.find("x-z3"));
}

TEST(RequestHead, TakesOnlyAHostNameOrAddressWithAPort) {
  for (std::string const host : {"a", "a.example", "a-b_c.example:8080", "127.0.0.1:80", "[::1]", "[::1]:8080",
                                 "[::ffff:1.2.3.4]", "a:", "xn--bcher-kva.example."}) {
    SCOPED_TRACE(host);
    EXPECT_EQ(host, parse("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").head.host);
  }
  for (std::string const host : {"", ":80", "a b", "a,b", "a/b", "u@a", "a:b", "a:123456", "a:80:80", "[::1", "[]",
                                 "[a", "[::1]x", "::1", "[g::1]", "a?b", "a#b", "\xc3\xa9", "[:1]]"}) {
    SCOPED_TRACE(host);
    EXPECT_EQ("bad_host", parse("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").result.error.reason);
  }
}

TEST(RequestHead, TakesAHeadAndATargetOfExactlyTheirLimits) {
  auto const text = get("/abc");
  EXPECT_EQ(HeadState::Done, parse(text, {.max_head_bytes = text.size()}).result.state);
  EXPECT_EQ(431, parse(text, {.max_head_bytes = text.size() - 1}).result.error.status);
  EXPECT_EQ(HeadState::Done, parse(text, {.max_target_bytes = 4}).result.state);
  EXPECT_EQ(414, parse(text, {.max_target_bytes = 3}).result.error.status);
  EXPECT_EQ(HeadState::Done, parse(text, {.max_fields = 1}).result.state);
  EXPECT_EQ(431, parse(text, {.max_fields = 0}).result.error.status);
}

TEST(RequestHead, RefusesALongHeadAndALongTargetBeforeTheirEnd) {
  auto const waiting = "GET /abcdefgh"s;
  EXPECT_EQ(HeadState::NeedMore, parse(waiting, {.max_target_bytes = 9}).result.state);
  EXPECT_EQ(414, parse(waiting, {.max_target_bytes = 8}).result.error.status);
  EXPECT_EQ(HeadState::NeedMore, parse(waiting, {.max_head_bytes = waiting.size() + 1}).result.state);
  EXPECT_EQ(431, parse(waiting, {.max_head_bytes = waiting.size()}).result.error.status);
}

TEST(RequestHead, NeverKeepsMoreFieldsThanItHasRoomFor) {
  std::string fields;
  for (std::size_t i = 0; i < RequestHead::kMaxFields; ++i) fields += "X: y\r\n";
  EXPECT_EQ("too_many_fields", parse(post_with(fields), {.max_fields = 1000}).result.error.reason);
  EXPECT_EQ(HeadState::Done, parse(post_with(fields.substr(6)), {.max_fields = 1000}).result.state);
}

/// What a connection does: it asks again, with all it has, whenever bytes arrive.
Parsed parse_in_two(std::string_view bytes, std::size_t split, HeadLimits const& limits) {
  auto first = parse(bytes.substr(0, split), limits);
  if (first.result.state != HeadState::NeedMore) return first;
  first.result = parse_head(bytes, split, limits, first.head);
  return first;
}

Parsed parse_byte_by_byte(std::string_view bytes, HeadLimits const& limits) {
  Parsed parsed;
  for (std::size_t size = 1; size <= bytes.size() && parsed.result.state == HeadState::NeedMore; ++size)
    parsed.result = parse_head(bytes.substr(0, size), size - 1, limits, parsed.head);
  return parsed;
}

void expect_same(Parsed const& whole, Parsed const& pieces) {
  ASSERT_EQ(whole.result.state, pieces.result.state);
  EXPECT_EQ(whole.result.consumed, pieces.result.consumed);
  EXPECT_EQ(whole.result.error.reason, pieces.result.error.reason);
  if (whole.result.state != HeadState::Done) return;
  EXPECT_EQ(whole.head.target, pieces.head.target);
  EXPECT_EQ(whole.head.content_length, pieces.head.content_length);
  EXPECT_EQ(whole.head.field_count, pieces.head.field_count);
}

TEST(RequestHead, JudgesARequestTheSameInWhateverPiecesItComes) {
  std::vector<std::string> texts{kPost, "\r\n"s + kPost, std::string(kPost) + kPost};
  for (auto const& refused : refused_requests()) texts.push_back(refused.text);
  for (auto const& limits : {HeadLimits{}, HeadLimits{.max_head_bytes = 60, .max_target_bytes = 4}}) {
    for (auto const& text : texts) {
      SCOPED_TRACE(text);
      auto const whole = parse(text, limits);
      expect_same(whole, parse_byte_by_byte(text, limits));
      for (std::size_t split = 0; split <= text.size(); ++split) expect_same(whole, parse_in_two(text, split, limits));
    }
  }
}

}  // namespace
}  // namespace gateway::http
