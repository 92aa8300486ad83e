// deploy, rollback and stop: each changes what runs for a profile, under its lock.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <utility>

#include "gateway/build_info.h"
#include "gateway/cli/deployments.h"
#include "gateway/cli/http_get.h"
#include "gateway/cli/target.h"
#include "gateway/config/profile.h"
#include "gateway/config/reader.h"
#include "gateway/deploy/book.h"
#include "gateway/deploy/exit_codes.h"
#include "gateway/deploy/instance.h"

extern char** environ;

namespace gateway::cli {

namespace {

using deploy::Entry;
using DeployClock = std::chrono::steady_clock;
using DeployJson = nlohmann::ordered_json;

constexpr std::chrono::seconds kDeployPatience{60};
constexpr std::chrono::milliseconds kLook{50};
constexpr std::size_t kLinesOfLog = 10;

/// This program once more, with other words; what it says goes to stderr, since it is not the answer that was asked for.
int run_self(std::vector<std::string> words) {
  words.insert(words.begin(), "mcp-gateway");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  auto const why = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (why != 0 || ::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return deploy::kCheckFailed;
  return WEXITSTATUS(status);
}

std::string text_of(std::vector<std::string> const& lines) {
  std::string text;
  for (auto const& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

/// One change of what runs for a profile.
class Change {
 public:
  Change(Arguments const& arguments, std::ostream& out, std::ostream& errors)
      : arguments_(arguments),
        profile_(arguments.profile),
        state_(state_of(arguments)),
        patience_(or_usual(arguments.deployment.timeout, kDeployPatience)),
        out_(out),
        errors_(errors) {}

  int deploy() {
    if (!find_target(arguments_, errors_)) return deploy::kWrongUsage;
    if (auto const code = begin(); code != 0) return code;
    if (arguments_.deployment.validate_first) {
      auto const code = run_self({"check", "--config", arguments_.file, "--profile", profile_, "--connect"});
      if (code != 0)
        return failed(code, "the configuration or a server is not as it should be, so nothing was changed");
    }
    Entry entry{.action = "deploy", .profile = profile_};
    if (auto const made = make_release(entry); !made) return failed(deploy::kCheckFailed, made.error().what);
    return replace(entry);
  }

  int roll_back() {
    if (auto const code = begin(); code != 0) return code;
    auto const wanted = arguments_.deployment.version.empty() ? std::string("previous") : arguments_.deployment.version;
    auto target = deploy::rollback_target(book_, wanted);
    if (!target) return failed(deploy::kWrongUsage, target.error().what);
    target->action = "rollback";
    if (auto const why = why_unusable(*target); !why.empty()) return failed(deploy::kCheckFailed, why);
    auto const running = deploy::instances_of(state_, profile_);
    if (running.size() == 1 && running[0].release == target->release && find_addresses(*target)) {
      if (auto const why = wait_until_ready(running[0].pid); !why.empty()) return failed(late_or_failed(why), why);
      return tell_ready(*target, running[0].pid);
    }
    return replace(*target);
  }

  int stop() {
    if (auto const locked = lock(); !locked) return failed(deploy::kCheckFailed, locked.error().what);
    auto const running = deploy::instances_of(state_, profile_);
    if (!end_all(running)) return failed(deploy::kCheckFailed, "it does not end");
    auto book = deploy::book_of(state_, profile_);
    auto entry = book ? deploy::current_of(*book).value_or(Entry{}) : Entry{};
    if (!running.empty()) {
      entry.action = "stop";
      entry.outcome = "stopped";
      entry.profile = profile_;
      entry.pid = running[0].pid;
      write_down(entry);
    }
    if (arguments_.deployment.json) {
      out_ << DeployJson{{"profile", profile_}, {"stopped", running.size()}}.dump() << '\n';
    } else {
      out_ << fmt::format("{}: {}\n", profile_, running.empty() ? "does not run" : "stopped");
    }
    return deploy::kWell;
  }

 private:
  int failed(int code, std::string_view why) {
    errors_ << fmt::format("{}: {}: {}\n", arguments_.command, profile_, why);
    return code;
  }

  Status lock() {
    auto lock = deploy::take_lock(state_.of(profile_) / "lock");
    if (!lock) return lock.error();
    lock_ = *std::move(lock);
    return Done{};
  }

  /// What every start needs: to be alone, and to know what was done.
  int begin() {
    if (auto const locked = lock(); !locked) return failed(deploy::kCheckFailed, locked.error().what);
    auto book = deploy::book_of(state_, profile_);
    if (!book) return failed(deploy::kCheckFailed, book.error().what);
    book_ = *std::move(book);
    return 0;
  }

  unsigned next_release() const {
    unsigned last = 0;
    for (auto const& entry : book_) last = std::max(last, entry.release);
    // One that was begun and never written down has a folder.
    std::error_code none;
    while (std::filesystem::exists(state_.config(profile_, last + 1).parent_path(), none)) ++last;
    return last + 1;
  }

  /// Copies what it takes to start this again: the configuration, and the program.
  Status make_release(Entry& entry) {
    auto const texts = read_config_texts(arguments_.config());
    if (!texts) return texts.error();
    auto const whole = config::whole_config(texts->text, config::process_environment(), texts->folder,
                                            texts->profile ? &*texts->profile : nullptr);
    if (!whole) return Error{"the configuration cannot be put into one file"};
    auto const text = whole->dump(2) + "\n";
    entry.release = next_release();
    entry.version = or_variable(arguments_.deployment.version, "MCP_VERSION", kVersion);
    entry.config_sha256 = deploy::sha256_of(text);
    std::error_code unknown;
    entry.folder = std::filesystem::current_path(unknown).string();
    entry.program = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
    if (auto const kept = keep_program(entry); !kept) return kept.error();
    return deploy::write_whole(state_.config(profile_, entry.release), text);
  }

  Status keep_program(Entry& entry) {
    auto const sha256 = deploy::sha256_of_file("/proc/self/exe");
    if (!sha256) return sha256.error();
    entry.program_sha256 = *sha256;
    auto const copy = state_.program(*sha256);
    std::error_code why;
    if (std::filesystem::exists(copy, why)) return Done{};
    if (auto const made = deploy::make_folder_of(copy); !made) return made.error();
    auto beside = copy;
    beside += fmt::format(".{}.new", ::getpid());
    std::filesystem::copy_file("/proc/self/exe", beside, std::filesystem::copy_options::overwrite_existing, why);
    if (!why) std::filesystem::permissions(beside, std::filesystem::perms::owner_all, why);
    if (!why) std::filesystem::rename(beside, copy, why);
    if (why) return Error{fmt::format("cannot copy the program to {}: {}", copy.string(), why.message())};
    return Done{};
  }

  /// A release that was kept may have been changed since, or be gone.
  std::string why_unusable(Entry const& entry) {
    auto const config = state_.config(profile_, entry.release);
    auto const program = state_.program(entry.program_sha256);
    auto const now = deploy::sha256_of_file(config);
    if (!now || *now != entry.config_sha256)
      return now ? fmt::format("{} was changed since it was deployed", config.string()) : now.error().what;
    auto const of_program = deploy::sha256_of_file(program);
    if (!of_program || *of_program != entry.program_sha256)
      return of_program ? fmt::format("{} was changed since it was deployed", program.string())
                        : of_program.error().what;
    return {};
  }

  /// Ends what runs and starts this; if it does not become ready, what ran before is started again.
  int replace(Entry entry) {
    auto const running = deploy::instances_of(state_, profile_);
    auto const former = former_release(running, entry.release);
    entry.outcome = "starting";
    entry.pid = 0;
    entry.reason.clear();
    write_down(entry);
    if (!end_all(running)) return failed(deploy::kCheckFailed, "the instance that runs does not end");
    auto [pid, why] = start(entry);
    if (why.empty()) return tell_ready(entry, pid);
    entry.outcome = "failed";
    entry.reason = why;
    write_down(entry);
    auto const code = failed(late_or_failed(why), fmt::format("release {} was ended again: {}", entry.release, why));
    if (former) restore(*former);
    return code;
  }

  /// That of the process, if it can be told, or else the one that was ready last.
  std::optional<Entry> former_release(std::vector<deploy::Instance> const& running, unsigned but) const {
    for (auto const& instance : running) {
      auto const found = std::find_if(book_.rbegin(), book_.rend(), [&](Entry const& entry) {
        return entry.release == instance.release && entry.outcome == "ready";
      });
      if (found != book_.rend() && found->release != but) return *found;
    }
    auto const last = deploy::last_ready(book_);
    return last && last->release != but ? last : std::nullopt;
  }

  void restore(Entry former) {
    if (auto const why = why_unusable(former); !why.empty()) return (void)failed(0, why);
    former.action = "restore";
    auto const [pid, why] = start(former);
    former.outcome = why.empty() ? "ready" : "failed";
    former.reason = why;
    former.pid = pid;
    write_down(former);
    errors_ << (why.empty() ? fmt::format("{}: release {} runs again\n", profile_, former.release)
                            : fmt::format("{}: release {} does not start again: {}\n", profile_, former.release, why));
  }

  bool end_all(std::vector<deploy::Instance> const& running) {
    auto all_gone = true;
    for (auto const& instance : running) {
      auto const end = deploy::end_instance(instance.pid, patience_);
      if (end == deploy::End::Killed)
        errors_ << fmt::format("{}: process {} did not end in time and was killed\n", profile_, instance.pid);
      all_gone = all_gone && end != deploy::End::Stays;
    }
    return all_gone;
  }

  /// A release may listen elsewhere than the profile says today, whose configuration may even be wrong.
  bool find_addresses(Entry const& entry) {
    auto of_release = arguments_;
    of_release.file = state_.config(profile_, entry.release).string();
    of_release.profile.clear();
    target_ = find_target(of_release, errors_);
    return target_.has_value();
  }

  /// The process id, or why there is no instance.
  std::pair<int, std::string> start(Entry const& entry) {
    if (!find_addresses(entry)) return {0, "its configuration cannot be read"};
    auto const& gateway = target_->config.gateway;
    for (auto const& listen : {std::optional(gateway.listen), gateway.admin_listen})
      if (listen && deploy::is_taken(listen->host, listen->port))
        return {0, fmt::format("another program listens at {}", config::to_string(*listen))};
    auto const log = state_.log(profile_);
    std::error_code none;
    log_began_ = std::filesystem::exists(log, none) ? std::filesystem::file_size(log, none) : 0;
    auto const pid = deploy::start_instance({.program = state_.program(entry.program_sha256).string(),
                                             .config = state_.config(profile_, entry.release).string(),
                                             .folder = entry.folder,
                                             .log = log.string()});
    if (!pid) return {0, pid.error().what};
    (void)deploy::write_whole(state_.of(profile_) / "pid", fmt::format("{}\n", *pid));
    auto why = wait_until_ready(*pid);
    if (!why.empty()) (void)deploy::end_instance(*pid, std::chrono::seconds{5});
    return {*pid, why};
  }

  /// Why it is not; empty when it is.
  std::string wait_until_ready(int pid) {
    auto const until = DeployClock::now() + patience_;
    auto const url = url_of(target_->health.text, target_->ready, NamedPage::Replace);
    std::string last = "no answer";
    while (true) {
      if (auto const how = deploy::how_it_ended(pid); !how.empty())
        return fmt::format("{}; the end of its log:\n{}", how, text_of(end_of_log()));
      auto const answer = http_get(*url, target_->health.trust, std::chrono::seconds{2});
      if (answer && answer->status == 200) return {};
      last = answer ? fmt::format("{} answers with status {}", *url, answer->status) : answer.error().what;
      if (DeployClock::now() >= until) return fmt::format("it was not ready in time: {}", last);
      std::this_thread::sleep_for(kLook);
    }
  }

  static int late_or_failed(std::string const& why) {
    return why.find("not ready in time") == why.npos ? deploy::kCheckFailed : deploy::kTookTooLong;
  }

  std::vector<std::string> end_of_log() const {
    auto const text = deploy::content_of_file(state_.log(profile_));
    std::vector<std::string> lines;
    if (!text || text->size() < log_began_) return lines;
    std::string_view rest = std::string_view(*text).substr(log_began_);
    while (!rest.empty()) {
      auto const end = std::min(rest.find('\n'), rest.size());
      lines.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (lines.size() > kLinesOfLog) lines.erase(lines.begin(), lines.end() - kLinesOfLog);
    return lines;
  }

  void write_down(Entry const& entry) {
    if (auto const written = deploy::append(state_, entry); !written) errors_ << written.error().what << '\n';
  }

  int tell_ready(Entry entry, int pid) {
    entry.outcome = "ready";
    entry.pid = pid;
    write_down(entry);
    if (arguments_.deployment.json) {
      out_ << DeployJson{{"profile", profile_}, {"release", entry.release},  {"version", entry.version},
                         {"pid", pid},          {"url", target_->main.text}, {"action", entry.action}}
                  .dump()
           << '\n';
    } else {
      out_ << fmt::format("{}: release {} ({}) is ready at {}, process {}\n", profile_, entry.release, entry.version,
                          target_->main.text, pid);
    }
    return deploy::kWell;
  }

  Arguments const& arguments_;
  std::string profile_;
  deploy::StateFolder state_;
  std::chrono::milliseconds patience_;
  std::ostream& out_;
  std::ostream& errors_;
  io::UniqueFd lock_;
  std::optional<Target> target_;
  std::vector<Entry> book_;
  std::uintmax_t log_began_ = 0;
};

}  // namespace

int deploy_profile(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  return Change(arguments, out, errors).deploy();
}

int roll_back(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  return Change(arguments, out, errors).roll_back();
}

int stop_profile(Arguments const& arguments, std::ostream& out, std::ostream& errors) {
  return Change(arguments, out, errors).stop();
}

}  // namespace gateway::cli
