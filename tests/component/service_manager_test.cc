// The service manager is a datagram socket that the test listens on.
#include "gateway/io/service_manager.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "gateway/io/unique_fd.h"

namespace gateway::io {
namespace {

using ::testing::HasSubstr;

/// As systemd has one: bound to a path, or to a name when the first byte is zero.
class Manager {
 public:
  explicit Manager(std::string const& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path);
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    bound_ = ::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), size) == 0;
  }

  [[nodiscard]] bool bound() const { return bound_; }
  /// A datagram between local sockets is there as soon as it was sent.
  std::string heard() {
    std::array<char, 256> buffer{};
    auto const size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return size < 0 ? std::string("nothing") : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  UniqueFd socket_;
  bool bound_ = false;
};

std::string own_name(std::string_view what) { return fmt::format("mcp-gateway-test-{}-{}", what, ::getpid()); }

TEST(ServiceManager, HearsEachStateAsADatagram) {
  auto const path = (std::filesystem::temp_directory_path() / own_name("path")).string();
  Manager manager(path);
  ASSERT_TRUE(manager.bound());
  ServiceManager const starter(path);
  EXPECT_TRUE(starter.notify("READY=1"));
  EXPECT_TRUE(starter.notify("STOPPING=1\nSTATUS=draining"));
  EXPECT_EQ("READY=1", manager.heard());
  EXPECT_EQ("STOPPING=1\nSTATUS=draining", manager.heard());
  std::filesystem::remove(path);
}

TEST(ServiceManager, IsReachedByAnAbstractNameToo) {
  auto const name = own_name("abstract");
  Manager manager(std::string(1, '\0') + name);
  ASSERT_TRUE(manager.bound());
  EXPECT_TRUE(ServiceManager("@" + name).notify("READY=1"));
  EXPECT_EQ("READY=1", manager.heard());
}

TEST(ServiceManager, IsTakenFromTheEnvironmentOnce) {
  auto const name = own_name("environment");
  Manager manager(std::string(1, '\0') + name);
  ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  auto const starter = ServiceManager::from_environment();
  EXPECT_EQ(nullptr, std::getenv("NOTIFY_SOCKET"));
  EXPECT_TRUE(starter.notify("READY=1"));
  EXPECT_EQ("READY=1", manager.heard());
  EXPECT_TRUE(ServiceManager::from_environment().notify("READY=1"));
  EXPECT_EQ("nothing", manager.heard());
}

TEST(ServiceManager, ThatCannotBeReachedIsAnErrorWithItsAddress) {
  auto const nobody = ServiceManager("/nonexistent/notify").notify("READY=1");
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().what, HasSubstr("NOTIFY_SOCKET=/nonexistent/notify: No such file or directory"));
  EXPECT_FALSE(ServiceManager("vsock:2:1234").notify("READY=1"));
  EXPECT_FALSE(ServiceManager("/" + std::string(200, 'x')).notify("READY=1"));
}

}  // namespace
}  // namespace gateway::io
