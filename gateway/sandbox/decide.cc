#include "gateway/sandbox/decide.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace gateway::sandbox {

namespace {

using config::SandboxConfig;
using config::SandboxLayer;

/// Landlock's versions that brought something, and the kernels that have them.
constexpr int kFirst = 1;
constexpr int kSeesTruncation = 3;
constexpr int kTcpPorts = 4;

std::string_view kernel_with(int version) { return version == kTcpPorts ? "6.7" : "5.13"; }

class Deciding {
 public:
  Deciding(config::ServiceConfig const& service, Support const& support, Machine const& machine)
      : service_(service), wanted_(*service.sandbox), support_(support), machine_(machine) {}

  Decision decide(std::string const& program, std::string const& home) {
    system_calls();
    user();
    files(program, home);
    ports();
    network();
    processes();
    memory();
    limits();
    return std::move(decision_);
  }

 private:
  Plan& plan() { return decision_.plan; }

  [[nodiscard]] bool may_lack(SandboxLayer layer) const {
    return std::ranges::find(wanted_.optional, layer) != wanted_.optional.end();
  }
  void missing(std::string what) { decision_.missing.push_back("its sandbox " + std::move(what)); }
  void missing(SandboxLayer layer, std::string what) {
    if (may_lack(layer))
      decision_.lacking.push_back(std::move(what));
    else
      missing("needs " + std::move(what));
  }

  [[nodiscard]] std::string landlock(std::string_view what, int version) const {
    auto const here = support_.landlock == 0 ? std::string("none") : fmt::format("version {}", support_.landlock);
    return fmt::format("{}: Landlock version {} (Linux {}), and this kernel has {}", what, version,
                       kernel_with(version), here);
  }

  void system_calls() {
    if (!support_.system_calls) missing("needs filters of system calls (seccomp), which this kernel does not have");
    plan().allow_namespaces = wanted_.user_namespaces;
    plan().refuse_unix = !wanted_.unix_sockets;
  }

  void user() {
    if (wanted_.user.empty()) return;
    plan().account = account();
    if (!plan().account) return missing(fmt::format("has the user '{}', which does not exist", wanted_.user));
    if (plan().account->uid == 0) return missing(fmt::format("has the user '{}', which is root", wanted_.user));
    if (!support_.capabilities_for_user.empty()) {
      missing(
          fmt::format("has a user, for which the gateway lacks {}", fmt::join(support_.capabilities_for_user, ", ")));
    }
  }

  [[nodiscard]] std::optional<Account> account() const {
    auto const& text = wanted_.user;
    if (text.front() < '0' || text.front() > '9') return machine_.account ? machine_.account(text) : std::nullopt;
    auto const colon = std::min(text.find(':'), text.size());
    Account account;
    std::from_chars(text.data(), text.data() + colon, account.uid);
    account.gid = account.uid;
    if (colon < text.size()) std::from_chars(text.data() + colon + 1, text.data() + text.size(), account.gid);
    return account;
  }

  void files(std::string const& program, std::string const& home) {
    plan().landlock = support_.landlock;
    if (wanted_.files == config::FileReach::Any) return;
    if (support_.landlock < kFirst) return missing(SandboxLayer::Files, landlock("file rules", kFirst));
    plan().files_listed = true;
    plan().refuse_truncate = support_.landlock < kSeesTruncation;
    plan().files = system_files();
    for (auto& rule : own_files(program, service_.args, home, machine_.files)) plan().files.push_back(std::move(rule));
    if (service_.cwd.starts_with('/')) allow(FileAccess::Read, service_.cwd);
    for (auto const& path : wanted_.read) allow(FileAccess::Read, path);
    for (auto const& path : wanted_.execute) allow(FileAccess::Execute, path);
    for (auto const& path : wanted_.write) allow(FileAccess::Write, path);
    if (!wanted_.write_args) return;
    for (auto const& path : directories_in(service_.args, machine_.files)) allow(FileAccess::Write, path);
  }

  void allow(FileAccess access, std::string path) {
    // What a preset names may be missing on one machine or the other.
    auto const preset = config::sandbox_preset(wanted_.preset);
    auto const is_in = [&](auto const& list) { return std::ranges::find(list, path) != list.end(); };
    auto const from_preset = preset && (is_in(preset->read) || is_in(preset->execute) || is_in(preset->write));
    plan().files.push_back({access, std::move(path), !from_preset});
  }

  void ports() {
    if (!wanted_.connect_ports && !wanted_.bind_ports) return;
    // Without any network there are none to restrict.
    if (wanted_.network == config::NetworkReach::None) return;
    if (support_.landlock < kTcpPorts) return missing(SandboxLayer::TcpPorts, landlock("TCP port rules", kTcpPorts));
    plan().connect_ports = wanted_.connect_ports;
    plan().bind_ports = wanted_.bind_ports;
  }

  void network() {
    if (wanted_.network == config::NetworkReach::Any) return;
    plan().network_namespace = support_.network_namespaces;
    plan().user_namespace = support_.network_namespaces;
    plan().refuse_internet = !support_.network_namespaces;
  }

  /// The kernel counts the processes of a user, whichever child or service they belong to, and separately in each user
  /// namespace; root's it does not limit.
  void processes() {
    if (wanted_.max_processes == 0) return;
    if (support_.groups.processes) {
      plan().groups = support_.groups.directory;
      plan().group.processes = wanted_.max_processes;
      return;
    }
    if (plan().account || (!support_.is_root && support_.user_namespaces)) {
      plan().limits.processes = wanted_.max_processes;
      plan().user_namespace = support_.user_namespaces;
      return;
    }
    missing(SandboxLayer::Processes, support_.is_root
                                         ? "a count of its processes: the kernel does not limit those of root; set "
                                           "sandbox.user, or delegate a control group"
                                         : "a count of its processes: user namespaces, which this system does not "
                                           "permit, or sandbox.user, or a delegated control group");
  }

  void memory() {
    if (wanted_.max_memory == 0) return;
    if (!support_.groups.memory)
      return missing(SandboxLayer::Memory, "a memory limit for its processes together: a delegated control group");
    plan().groups = support_.groups.directory;
    plan().group.memory = wanted_.max_memory;
  }

  void limits() {
    auto const limit = [](std::size_t value) {
      return value == 0 ? std::nullopt : std::optional<std::uint64_t>(value);
    };
    auto& limits = plan().limits;
    limits.open_files = limit(wanted_.max_open_files);
    limits.file_size = limit(wanted_.max_file_size);
    limits.data = limit(wanted_.max_data);
    limits.core = wanted_.max_core_size;
    auto const time = std::chrono::ceil<seconds>(wanted_.max_cpu_time).count();
    limits.cpu_seconds = limit(static_cast<std::size_t>(time));
  }

  config::ServiceConfig const& service_;
  SandboxConfig const& wanted_;
  Support const& support_;
  Machine const& machine_;
  Decision decision_;
};

}  // namespace

Machine this_machine() {
  return {.files = files_of_machine(), .account = [](std::string const& name) -> std::optional<Account> {
            std::array<char, 16 * 1024> buffer;
            passwd entry{};
            passwd* found = nullptr;
            if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
              return std::nullopt;
            return Account{entry.pw_uid, entry.pw_gid};
          }};
}

Decision decide(config::ServiceConfig const& service, std::string const& program, std::string const& home,
                Support const& support, Machine const& machine) {
  return Deciding(service, support, machine).decide(program, home);
}

}  // namespace gateway::sandbox
