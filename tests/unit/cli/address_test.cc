#include "gateway/cli/address.h"

#include <gtest/gtest.h>

namespace gateway::cli {
namespace {

std::string asked(std::string_view address, NamedPage named = NamedPage::Ask) {
  auto const url = url_of(address, "/page", named);
  return url ? *url : "error";
}

TEST(Address, IsReadInEachWayPeopleWriteIt) {
  EXPECT_EQ("http://127.0.0.1:9090/page", asked(""));
  EXPECT_EQ("http://127.0.0.1:8081/page", asked("8081"));
  EXPECT_EQ("http://127.0.0.1:8081/page", asked(":8081"));
  EXPECT_EQ("http://gateway:9090/page", asked("gateway"));
  EXPECT_EQ("http://10.0.0.7:8081/page", asked("10.0.0.7:8081"));
  EXPECT_EQ("http://[::1]:8081/page", asked("[::1]:8081"));
  EXPECT_EQ("http://[::1]:9090/page", asked("[::1]"));
  EXPECT_EQ("http://gateway:8081/page", asked("http://gateway:8081"));
  EXPECT_EQ("http://gateway:8081/page", asked("http://gateway:8081/"));
  EXPECT_EQ("http://gateway/page", asked("http://gateway"));
}

TEST(Address, KeepsWhatAProxyPutBeforeThePages) {
  EXPECT_EQ("http://proxy/team-a/page", asked("http://proxy/team-a"));
  EXPECT_EQ("http://proxy/team-a/page", asked("http://proxy/team-a/"));
}

TEST(Address, NamesAPageThatIsAskedForOrNot) {
  EXPECT_EQ("http://gateway:9090/readyz", asked("http://gateway:9090/readyz"));
  EXPECT_EQ("http://127.0.0.1:8080/echo/health", asked("8080/echo/health"));
  EXPECT_EQ("http://gateway:9090/page", asked("http://gateway:9090/health", NamedPage::Replace));
  EXPECT_EQ("http://proxy/team-a/page", asked("http://proxy/team-a/api/status", NamedPage::Replace));
}

TEST(Address, RefusesWhatIsNone) {
  for (auto const* const address :
       {"ftp://gateway", "99999", "gateway:", "gateway:http", "a b", "http://gateway:99999"}) {
    EXPECT_EQ("error", asked(address)) << address;
  }
}

}  // namespace
}  // namespace gateway::cli
