#include "gateway/io/process_sampler.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace gateway::io {

namespace {
/// Added to the nice value of the thread.
constexpr int kNicer = 10;
}  // namespace

ProcessSampler::~ProcessSampler() {
  {
    std::scoped_lock const lock(mutex_);
    ending_ = true;
  }
  end_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ProcessSampler::start(Duration every) {
  // Signals are for the loop's thread, which waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, every] { run(every); });
  pthread_setname_np(thread_.native_handle(), "mcp-gw-sampler");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TreeUsage ProcessSampler::of(std::string_view entry) const {
  std::scoped_lock const lock(mutex_);
  auto const found = trees_.find(entry);
  return found == trees_.end() ? TreeUsage{} : found->second.usage;
}

void ProcessSampler::run(Duration every) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), ::getpriority(PRIO_PROCESS, 0) + kNicer);
  std::unique_lock lock(mutex_);
  while (!end_.wait_for(lock, every, [this] { return ending_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

/// This thread alone changes the map, so it reads it without the lock.
void ProcessSampler::look() {
  std::map<std::string, Tree, std::less<>> trees;
  for (auto& [entry, processes] : read_marked_usage(front_)) {
    auto const known = trees_.find(entry);
    auto& tree = trees[entry];
    if (known != trees_.end()) tree.cpu = known->second.cpu;
    tree.usage.cpu = tree.cpu.look(processes);
    for (auto const& process : processes) {
      tree.usage.memory += process.memory;
      tree.usage.fds += process.fds;
      tree.usage.threads += process.threads;
    }
    tree.usage.processes = processes.size();
  }
  std::scoped_lock const lock(mutex_);
  trees_ = std::move(trees);
}

}  // namespace gateway::io
