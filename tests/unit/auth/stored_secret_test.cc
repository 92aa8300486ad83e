#include "gateway/auth/stored_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace gateway::auth {
namespace {

class StoredSecretTest : public ::testing::Test {
 protected:
  StoredSecretTest() { std::filesystem::create_directory(folder_); }
  ~StoredSecretTest() override { std::filesystem::remove_all(folder_); }
  std::string stored(std::string const& content) {
    std::ofstream(folder_ / "secret", std::ios::binary) << content;
    return stored_secret(folder_ / "secret").value_or("none");
  }
  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "stored_secret_test";
};

TEST_F(StoredSecretTest, IsTheContentWithoutTheLastLineEnd) {
  EXPECT_EQ("a", stored("a"));
  EXPECT_EQ("a", stored("a\n"));
  EXPECT_EQ("a", stored("a\r\n"));
  EXPECT_EQ("a\nb\n", stored("a\nb\n\n"));
  EXPECT_EQ("", stored(""));
}

TEST_F(StoredSecretTest, IsNoneWhereThereIsNoFileOrSomethingElse) {
  EXPECT_FALSE(stored_secret(folder_ / "absent"));
  EXPECT_FALSE(stored_secret(folder_));
  auto const pipe = folder_ / "pipe";
  ASSERT_EQ(0, ::mkfifo(pipe.c_str(), 0600));
  EXPECT_FALSE(stored_secret(pipe)) << "and it does not wait for a writer";
}

}  // namespace
}  // namespace gateway::auth
