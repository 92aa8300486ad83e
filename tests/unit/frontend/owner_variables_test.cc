#include "gateway/frontend/owner_variables.h"

#include <gtest/gtest.h>

namespace gateway::frontend {
namespace {

TEST(OwnerVariablesTest, APrincipalIsOneSegmentOfAPathAndNoOthers) {
  EXPECT_EQ("ann", as_path_segment("ann"));
  EXPECT_EQ("login:7", as_path_segment("login:7"));
  EXPECT_EQ("a.b@c-d_e+f", as_path_segment("a.b@c-d_e+f"));
  EXPECT_EQ("%2E.", as_path_segment(".."));
  EXPECT_EQ("%2Ehidden", as_path_segment(".hidden"));
  EXPECT_EQ("i:%2F..%2Fetc", as_path_segment("i:/../etc"));
  EXPECT_EQ("i:%252F", as_path_segment("i:%2F"));
  EXPECT_EQ("i:%C3%A4", as_path_segment("i:\u00e4"));
}

}  // namespace
}  // namespace gateway::frontend
