#include "gateway/sandbox/own_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace gateway::sandbox {

namespace {

namespace fs = std::filesystem;

/// The directory above the first node_modules or .venv, or, if that is `home`, the latter; empty where there is none.
std::string above_packages(std::string const& path, std::string const& home) {
  for (std::string_view const folder : {"/node_modules/", "/.venv/", "/venv/"}) {
    auto const at = path.find(folder);
    if (at == path.npos) continue;
    auto above = path.substr(0, at);
    return above.empty() || above == home ? path.substr(0, at + folder.size() - 1) : above;
  }
  return {};
}

/// The nearest directory above the file with a description of a package.
std::string described_package(std::string const& path, std::string const& home, Files const& files) {
  for (auto folder = fs::path(path).parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder == home) break;
    for (auto const* const name : {"package.json", "pyproject.toml"})
      if (files.kind((folder / name).string()) == Files::Kind::File) return folder.string();
  }
  return {};
}

class Collection {
 public:
  Collection(std::string const& home, Files const& files) : home_(home), files_(files) {}

  void add(std::string const& path) {
    auto const plain = fs::path(path).lexically_normal().string();
    add_package(plain);
    auto const real = files_.real_path(plain);
    if (!real.empty() && real != plain) add_package(real);
  }

  void add_neighbours(std::string const& program) {
    auto const folder = fs::path(files_.real_path(program)).parent_path();
    if (folder.filename() != "bin") return;
    for (auto const* const name : {"lib", "libexec", "share"}) {
      auto const path = (folder.parent_path() / name).string();
      if (files_.kind(path) == Files::Kind::Directory) allow(path);
    }
  }

  std::vector<FileRule> take() { return std::move(rules_); }

 private:
  void add_package(std::string const& path) {
    auto folder = above_packages(path, home_);
    if (folder.empty()) folder = described_package(path, home_, files_);
    allow(folder.empty() ? path : folder);
  }

  void allow(std::string path) {
    if (path.starts_with("/usr/")) return;  // as all system files
    FileRule rule{FileAccess::Execute, std::move(path), false};
    if (std::ranges::find(rules_, rule) == rules_.end()) rules_.push_back(std::move(rule));
  }

  std::string const& home_;
  Files const& files_;
  std::vector<FileRule> rules_;
};

}  // namespace

Files files_of_machine() {
  return {.kind =
              [](std::string const& path) {
                std::error_code unknown;
                auto const status = fs::status(path, unknown);
                if (fs::is_directory(status)) return Files::Kind::Directory;
                return fs::exists(status) ? Files::Kind::File : Files::Kind::None;
              },
          .real_path =
              [](std::string const& path) {
                std::error_code unknown;
                auto const real = fs::canonical(path, unknown);
                return unknown ? std::string() : real.string();
              }};
}

std::vector<FileRule> system_files() {
  std::vector<FileRule> rules;
  for (auto const* const path : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"})
    rules.push_back({FileAccess::Execute, path, false});
  for (auto const* const path : {"/etc/ld.so.cache",
                                 "/etc/ld.so.conf",
                                 "/etc/ld.so.conf.d",
                                 "/etc/alternatives",
                                 "/etc/localtime",
                                 "/etc/timezone",
                                 "/etc/locale.alias",
                                 "/etc/ssl/certs",
                                 "/etc/ssl/openssl.cnf",
                                 "/etc/pki/tls/certs",
                                 "/etc/pki/ca-trust",
                                 "/etc/ca-certificates",
                                 "/etc/ca-certificates.conf",
                                 "/etc/resolv.conf",
                                 "/etc/hosts",
                                 "/etc/host.conf",
                                 "/etc/hostname",
                                 "/etc/nsswitch.conf",
                                 "/etc/gai.conf",
                                 "/etc/services",
                                 "/etc/protocols",
                                 "/etc/passwd",
                                 "/etc/group",
                                 "/etc/mime.types",
                                 "/etc/os-release",
                                 "/etc/debian_version",
                                 "/etc/fonts",
                                 "/etc/python3",
                                 "/etc/python3.11",
                                 "/proc",
                                 "/sys/fs/cgroup",
                                 "/sys/devices/system",
                                 "/sys/kernel/mm"})
    rules.push_back({FileAccess::Read, path, false});
  for (auto const* const path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    rules.push_back({FileAccess::Write, path, false});
  return rules;
}

std::vector<FileRule> own_files(std::string const& program, std::vector<std::string> const& args,
                                std::string const& home, Files const& files) {
  Collection own(home, files);
  if (!program.empty()) {
    own.add(program);
    own.add_neighbours(program);
  }
  for (auto const& arg : args)
    if (arg.starts_with('/') && files.kind(arg) == Files::Kind::File) own.add(arg);
  return own.take();
}

std::vector<std::string> directories_in(std::vector<std::string> const& args, Files const& files) {
  std::vector<std::string> directories;
  for (auto const& arg : args)
    if (arg.starts_with('/') && files.kind(arg) == Files::Kind::Directory) directories.push_back(arg);
  return directories;
}

}  // namespace gateway::sandbox
