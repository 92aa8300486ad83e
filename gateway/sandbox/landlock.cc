#include "gateway/sandbox/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "gateway/sandbox/errno_error.h"

namespace gateway::sandbox {

namespace {

// From linux/landlock.h, which on Debian 12 ends with version 2.
struct RulesetAttribute {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed_access = 0;
  std::int32_t parent_fd = -1;
};
struct NetPort {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};
constexpr unsigned kGetVersion = 1;
constexpr int kRulePathBeneath = 1;
constexpr int kRuleNetPort = 2;

namespace rights {
constexpr std::uint64_t kExecute = 1u << 0;
constexpr std::uint64_t kWriteFile = 1u << 1;
constexpr std::uint64_t kReadFile = 1u << 2;
constexpr std::uint64_t kReadDir = 1u << 3;
constexpr std::uint64_t kRemoveDir = 1u << 4;
constexpr std::uint64_t kRemoveFile = 1u << 5;
constexpr std::uint64_t kMakeChar = 1u << 6;
constexpr std::uint64_t kMakeDir = 1u << 7;
constexpr std::uint64_t kMakeRegular = 1u << 8;
constexpr std::uint64_t kMakeSocket = 1u << 9;
constexpr std::uint64_t kMakeFifo = 1u << 10;
constexpr std::uint64_t kMakeBlock = 1u << 11;
constexpr std::uint64_t kMakeSymlink = 1u << 12;
constexpr std::uint64_t kRefer = 1u << 13;     // version 2
constexpr std::uint64_t kTruncate = 1u << 14;  // version 3
constexpr std::uint64_t kIoctlDev = 1u << 15;  // version 5
}  // namespace rights

constexpr std::uint64_t kBindTcp = 1u << 0;
constexpr std::uint64_t kConnectTcp = 1u << 1;
constexpr std::uint64_t kScopeAbstractUnix = 1u << 0;
constexpr std::uint64_t kScopeSignal = 1u << 1;

/// What a rule for a file, and not a directory, can have.
constexpr std::uint64_t kOfFiles = rights::kExecute | rights::kWriteFile | rights::kReadFile | rights::kTruncate;

/// All that the version knows.
std::uint64_t all_file_rights(int version) {
  auto all = (rights::kMakeSymlink << 1) - 1;
  if (version >= 2) all |= rights::kRefer;
  if (version >= 3) all |= rights::kTruncate;
  if (version >= 5) all |= rights::kIoctlDev;
  return all;
}

std::uint64_t rights_for(FileAccess access) {
  constexpr auto kRead = rights::kReadFile | rights::kReadDir;
  switch (access) {
    case FileAccess::Read: return kRead;
    case FileAccess::Execute: return kRead | rights::kExecute;
    case FileAccess::Write:
      return kRead | rights::kWriteFile | rights::kRemoveDir | rights::kRemoveFile | rights::kMakeDir |
             rights::kMakeRegular | rights::kMakeSocket | rights::kMakeFifo | rights::kMakeSymlink | rights::kRefer |
             rights::kTruncate;
  }
  return kRead;
}

RulesetAttribute attribute_of(Plan const& plan) {
  RulesetAttribute attribute;
  // Something must be restricted for the kernel to keep other processes out of reach.
  attribute.handled_access_fs =
      plan.files_listed ? all_file_rights(plan.landlock) : rights::kMakeBlock | rights::kMakeChar;
  if (plan.connect_ports) attribute.handled_access_net |= kConnectTcp;
  if (plan.bind_ports) attribute.handled_access_net |= kBindTcp;
  if (plan.landlock >= 6) attribute.scoped = kScopeAbstractUnix | kScopeSignal;
  return attribute;
}

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Status allow_file(Descriptor const& rules, FileRule const& rule, int version) {
  Descriptor const file(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  if (!file) {
    if (!rule.must_exist) return Done{};
    return errno_error(fmt::format("'{}'", rule.path));
  }
  struct stat what {};
  if (::fstat(file.get(), &what) != 0) return errno_error(fmt::format("'{}'", rule.path));
  PathBeneath beneath;
  beneath.allowed_access = rights_for(rule.access) & all_file_rights(version);
  if (!S_ISDIR(what.st_mode)) beneath.allowed_access &= kOfFiles;
  beneath.parent_fd = file.get();
  if (::syscall(SYS_landlock_add_rule, rules.get(), kRulePathBeneath, &beneath, 0) != 0)
    return errno_error(fmt::format("'{}' cannot be allowed", rule.path));
  return Done{};
}

Status allow_ports(Descriptor const& rules, std::optional<std::vector<std::uint16_t>> const& ports,
                   std::uint64_t right) {
  if (!ports) return Done{};
  for (auto const port : *ports) {
    NetPort const rule{right, port};
    if (::syscall(SYS_landlock_add_rule, rules.get(), kRuleNetPort, &rule, 0) != 0)
      return errno_error(fmt::format("TCP port {} cannot be allowed", port));
  }
  return Done{};
}

}  // namespace

int landlock_version() {
  auto const version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kGetVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

Status restrict_reach(Plan const& plan) {
  if (plan.landlock == 0) return Done{};
  auto const attribute = attribute_of(plan);
  // A kernel that knows less of it accepts the rest as long as it is zero.
  Descriptor const rules(::syscall(SYS_landlock_create_ruleset, &attribute, sizeof attribute, 0));
  if (!rules) return errno_error("no Landlock rules");
  if (plan.files_listed) {
    for (auto const& rule : plan.files)
      if (auto allowed = allow_file(rules, rule, plan.landlock); !allowed) return allowed;
  }
  if (auto allowed = allow_ports(rules, plan.connect_ports, kConnectTcp); !allowed) return allowed;
  if (auto allowed = allow_ports(rules, plan.bind_ports, kBindTcp); !allowed) return allowed;
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return errno_error("Landlock rules not applied");
  return Done{};
}

}  // namespace gateway::sandbox
