#include "gateway/cli/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/counted.h"
#include "gateway/cli/check_connect.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/sandboxes.h"
#include "gateway/cli/tool_findings.h"
#include "gateway/io/changing_file.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/unique_fd.h"
#include "gateway/mcp/tool_lock.h"

namespace gateway::cli {

namespace {

constexpr std::size_t kMostMiB = 16;

/// SERVICE or SERVICE/TOOL: what is pinned as it is now.
struct Approval {
  std::string service;
  std::string tool;  ///< empty: all of the service

  explicit Approval(std::string const& word)
      : service(word.substr(0, word.find('/'))),
        tool(word.find('/') == std::string::npos ? std::string{} : word.substr(word.find('/') + 1)) {}
};

bool is_there(std::string const& path) { return ::access(path.c_str(), F_OK) == 0; }

/// The lock in a file; one that is not there yet locks nothing.
Result<mcp::ToolLock> read_lock(std::string const& path) {
  if (!is_there(path)) return mcp::ToolLock{};
  auto const content = io::ChangingFile(path, kMostMiB).read_if_changed();
  if (!content || !*content) return content ? content->error() : Error{path + " cannot be read"};
  auto lock = mcp::read_tool_lock(**content);
  if (!lock) return Error{fmt::format("{}: {}", path, lock.error().what)};
  return lock;
}

/// In one step: whoever reads it meanwhile sees the old one or the new one.
std::string write_file(std::string const& path, std::string const& text) {
  auto const next = path + ".new";
  io::UniqueFd const file(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  auto const failed = [&] { return fmt::format("cannot write {}: {}", path, std::strerror(errno)); };
  if (!file) return failed();
  for (std::string_view rest = text; !rest.empty();) {
    auto const written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0 || ::rename(next.c_str(), path.c_str()) != 0) return failed();
  return {};
}

class Lock {
 public:
  Lock(Arguments const& arguments, std::ostream& out, std::ostream& errors)
      : arguments_(arguments), out_(out), errors_(errors) {
    for (auto const& word : arguments.approve) approvals_.emplace_back(word);
  }

  int carry_out() {
    auto config = load_config(arguments_.config(), errors_);
    if (!config || !keep_services(*config, chosen(), errors_) || !find_files(*config) || !read_files()) {
      return kUsageError;
    }
    auto const support = support_for(*config);
    find_sandbox_faults(*config, support);
    auto guard = io::ChildGuard::start();
    if (!guard) return failed("cannot start: " + guard.error().what);
    std::vector<ListedTools> listed;
    for (auto& service : config->services) {
      service.pinned_tools.reset();  // all that it offers is to be seen
      service.probe.reset();
    }
    auto well = check_connect(*config, support, std::move(*guard), nullptr, errors_, &listed);
    mcp::ToolLock offered;
    for (auto const& each : listed) {
      if (!each.has_tools) continue;
      mcp::add_pins(offered[each.service], each.raw_tools);
      well = compare(each.service, offered.find(each.service)->second) && well;
    }
    for (auto const& finding : tool_findings(offered)) out_ << "warning: " << finding << '\n';
    if (wrong_) return kUsageError;
    if (arguments_.write || !approvals_.empty()) return write_files() && well ? 0 : 1;
    return well ? 0 : 1;
  }

 private:
  int failed(std::string const& what) {
    errors_ << what << '\n';
    return 1;
  }

  /// The services that are started: those of the command line, and those that are approved.
  std::vector<std::string> chosen() const {
    auto services = arguments_.services;
    for (auto const& approval : approvals_) {
      if (std::find(services.begin(), services.end(), approval.service) == services.end()) {
        services.push_back(approval.service);
      }
    }
    return services;
  }

  bool find_files(config::Config const& config) {
    for (auto const& service : config.services) {
      if (service.disabled) continue;
      auto const& pinned = service.pinned_tools;
      auto const file = !arguments_.lock_file.empty() ? arguments_.lock_file : pinned ? pinned->file : std::string{};
      if (!file.empty()) {
        file_of_[service.name] = file;
      } else {
        errors_ << fmt::format(
            "lock: where are the pinned tools of {}? Set gateway.pinned_tools.file, or say --lock-file PATH\n",
            service.name);
        return false;
      }
    }
    return true;
  }

  bool read_files() {
    for (auto const& [service, path] : file_of_) {
      if (locks_.count(path) > 0) continue;
      auto lock = read_lock(path);
      if (!lock) {
        errors_ << "lock: " << lock.error().what << '\n';
        return false;
      }
      locks_.emplace(path, *std::move(lock));
    }
    return true;
  }

  /// Says how the tools differ, and pins what is wanted. False if something stays different.
  bool compare(std::string const& service, mcp::PinnedTools const& offered) {
    auto& lock = locks_.find(file_of_.find(service)->second)->second;
    auto const before = lock[service];
    auto const drift = mcp::drift_of(before, offered);
    if (!drift.any()) {
      out_ << fmt::format("{}: {}, as pinned\n", service, counted(offered.size(), "tool"));
      return true;
    }
    out_ << fmt::format("{}: {}\n{}", service, mcp::to_text(drift), mcp::difference(drift, before, offered));
    auto& pinned = lock[service];
    if (arguments_.write) pin_all(service, pinned, offered);
    for (auto const& approval : approvals_) {
      if (approval.service != service) continue;
      if (approval.tool.empty()) {
        pin_all(service, pinned, offered);
      } else {
        pin_one(service, approval.tool, pinned, offered);
      }
    }
    auto const left = mcp::drift_of(pinned, offered);
    return !left.any();
  }

  void pin_all(std::string const& service, mcp::PinnedTools& pinned, mcp::PinnedTools const& offered) {
    pinned.clear();
    for (auto const& [name, tool] : offered) pin_one(service, name, pinned, offered);
  }

  void pin_one(std::string const& service, std::string const& name, mcp::PinnedTools& pinned,
               mcp::PinnedTools const& offered) {
    auto const tool = offered.find(name);
    if (tool == offered.end()) {
      if (pinned.erase(name) > 0) return;
      errors_ << fmt::format("lock: {} has no tool {}\n", service, name);
      wrong_ = true;
    } else if (tool->second.sha256.empty()) {
      errors_ << fmt::format(
          "lock: {}: the tool {} cannot be pinned: it is listed twice, or has a member twice, and clients may see "
          "either\n",
          service, name);
      pinned.erase(name);
    } else {
      pinned.insert_or_assign(name, tool->second);
    }
  }

  bool write_files() {
    for (auto const& [path, lock] : locks_) {
      if (auto const why = write_file(path, mcp::write_tool_lock(lock)); !why.empty()) {
        errors_ << "lock: " << why << '\n';
        return false;
      }
      out_ << fmt::format("{} written\n", path);
    }
    return true;
  }

  Arguments const& arguments_;
  std::ostream& out_;
  std::ostream& errors_;
  std::vector<Approval> approvals_;
  std::map<std::string, std::string> file_of_;  ///< by service
  std::map<std::string, mcp::ToolLock> locks_;  ///< by file
  bool wrong_ = false;
};

}  // namespace

int lock(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  return Lock(arguments, out, errors).carry_out();
}

}  // namespace gateway::cli
