#include "tests/harness/scripted_child.h"

#include <utility>

namespace gateway::harness {

ScriptedChild::~ScriptedChild() { spawner_.children_.erase(number_); }

bool ScriptedChild::write(std::string_view bytes) {
  if (!accepts_input()) return false;
  in_.append(bytes);
  if (blocked_) {
    queued_ = in_.size();
  } else {
    cut_lines();
  }
  return true;
}

void ScriptedChild::cut_lines() {
  std::size_t from = 0;
  for (auto end = in_.find('\n'); end != std::string::npos; end = in_.find('\n', from)) {
    heard.push_back(in_.substr(from, end - from));
    from = end + 1;
  }
  in_.erase(0, from);
  queued_ = 0;
}

void ScriptedChild::unblock() {
  if (!std::exchange(blocked_, false)) return;
  cut_lines();
}

void ScriptedChild::say(std::string_view line) { say_raw(std::string(line) + "\n"); }
void ScriptedChild::say_raw(std::string_view bytes) {
  spawner_.add({ScriptedSpawner::Deed::Kind::Out, number_, std::string(bytes)});
}
void ScriptedChild::complain(std::string_view line) {
  spawner_.add({ScriptedSpawner::Deed::Kind::Err, number_, std::string(line) + "\n"});
}
void ScriptedChild::die(int status) {
  if (over_) return;
  spawner_.add({ScriptedSpawner::Deed::Kind::Death, number_, {}, status});
}

Result<std::unique_ptr<io::ChildProcess>> ScriptedSpawner::start(io::ChildSpec const& spec,
                                                                 io::ChildProcess::Handler& handler) {
  if (refused_ > 0) {
    --refused_;
    return Error{"cannot start '" + spec.argv.front() + "': the test refuses it"};
  }
  auto child = std::make_unique<ScriptedChild>(*this, ++started_, spec, handler);
  children_.emplace(child->number(), child.get());
  return std::unique_ptr<io::ChildProcess>(std::move(child));
}

std::vector<ScriptedChild*> ScriptedSpawner::alive() const {
  std::vector<ScriptedChild*> alive;
  for (auto const& [number, child] : children_) {
    if (!child->over_) alive.push_back(child);
  }
  return alive;
}

ScriptedChild* ScriptedSpawner::find(std::uint64_t number) const {
  auto const found = children_.find(number);
  return found == children_.end() || found->second->over_ ? nullptr : found->second;
}

void ScriptedSpawner::add(Deed deed) {
  deeds_.push_back(std::move(deed));
  timer_->set({});
}

void ScriptedSpawner::deliver() {
  for (auto& deed : std::exchange(deeds_, {})) {
    auto* const child = find(deed.child);
    if (child == nullptr) continue;
    switch (deed.kind) {
      case Deed::Kind::Out: child->handler_.on_stdout(deed.bytes); break;
      case Deed::Kind::Err: child->handler_.on_stderr(deed.bytes); break;
      case Deed::Kind::Death:
        child->over_ = true;
        child->handler_.on_exit({.signaled = child->killed_, .code = child->killed_ ? 9 : deed.status, .cpu = {}});
        break;
    }
  }
}

}  // namespace gateway::harness
