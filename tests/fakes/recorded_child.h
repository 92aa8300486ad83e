// A child process under test and all it said.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/io/child_guard.h"
#include "gateway/io/child_process.h"

namespace gateway::fakes {

/// `script` for /bin/sh, with an environment of PATH alone.
inline io::ChildSpec shell(std::string script) {
  return {.argv = {"sh", "-c", std::move(script)}, .env = {"PATH=/usr/bin:/bin"}, .cwd = ""};
}

/// Keeps what came, and buries the process when it is over, as an owner does.
class RecordedChild final : public io::ChildProcess::Handler {
 public:
  RecordedChild(io::EventLoop& loop, io::ChildGuard& guard, io::ChildSpec const& spec) : loop_(loop) {
    auto started = io::ChildSpawner(loop, guard).start(spec, *this);
    if (started)
      process = *std::move(started);
    else
      error = started.error().what;
  }

  void on_stdout(std::string_view bytes) override { out += bytes; }
  void on_stderr(std::string_view bytes) override {
    stderr_bytes += bytes.size();
    if (err.size() < 4096) err += bytes;
  }
  void on_exit(io::ChildExit ended) override {
    ++exits;
    exit = ended.text();
    cpu = ended.cpu;
    loop_.bury(std::move(process));
  }

  [[nodiscard]] bool is_over() const { return exits > 0; }

  std::unique_ptr<io::ChildProcess> process;
  std::string error;
  std::string out;
  std::string err;
  std::size_t stderr_bytes = 0;
  std::string exit;
  Duration cpu{};  ///< at its end
  int exits = 0;

 private:
  io::EventLoop& loop_;
};

}  // namespace gateway::fakes
