#include "bench/load/load.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

namespace bench {

namespace {

constexpr Seconds kPatience{10};  ///< until all sessions have begun, and until all have their answers

/// User and system time of all threads of a process.
double cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string all(std::istreambuf_iterator<char>(file), {});
  // The name may hold blanks and parentheses; behind it the fields are counted from the third.
  std::istringstream fields(all.substr(std::min(all.rfind(')') + 1, all.size())));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Load::Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < options_.sessions; ++i) {
    sessions_.push_back(std::make_unique<Session>(options_, tally_, epoll_, i));
  }
}

void Load::run() {
  if (options_.calls > 0) {
    for (auto& session : sessions_) session->begin();
    measure(Seconds(options_.seconds));
    if (!are_over()) tally_.failed(fmt::format("only {} of {} calls in time", tally_.calls(), options_.calls));
    return;
  }
  begin_sessions();
  turn_until(Seconds(options_.warmup), [] { return false; });
  measure(Seconds(options_.seconds));
  await_answers();
}

void Load::begin_sessions() {
  for (auto& session : sessions_) session->begin();
  turn_until(kPatience, [this] {
    return std::ranges::all_of(sessions_, [](auto const& session) { return session->has_begun(); });
  });
}

void Load::measure(Seconds limit) {
  auto const cpu_before = cpu_seconds(options_.pid);
  tally_.begin();
  turn_until(limit, [this] { return are_over(); });
  tally_.end();
  cpu_seconds_ = cpu_seconds(options_.pid) - cpu_before;
}

/// A call that was open when the time was over may take its time, but not for ever.
void Load::await_answers() {
  auto const end = Clock::now();
  auto const waits = [end](auto const& session) { return session->waits_since_before(end); };
  turn_until(kPatience, [&] { return std::ranges::none_of(sessions_, waits); });
  auto const lost = std::ranges::count_if(sessions_, waits);
  if (lost > 0) tally_.failed(fmt::format("{} sessions wait without end", lost));
}

bool Load::are_over() const {
  return std::ranges::all_of(sessions_, [](auto const& session) { return session->is_over(); });
}

std::string Load::report() const {
  auto const calls = static_cast<double>(tally_.calls());
  return fmt::format(
      R"({{"calls":{},"seconds":{:.3f},"calls_per_second":{:.1f},"p50_us":{:.1f},"p99_us":{:.1f},)"
      R"("p999_us":{:.1f},"cpu_us_per_call":{:.3f},"wrong":{},"failed":{}}})",
      tally_.calls(), tally_.seconds(), calls / tally_.seconds(), tally_.percentile_us(0.5),
      tally_.percentile_us(0.99), tally_.percentile_us(0.999), calls > 0 ? cpu_seconds_ / calls * 1e6 : 0.0,
      tally_.wrong(), tally_.failed());
}

bool Load::all_right() const { return tally_.calls() > 0 && tally_.wrong() + tally_.failed() == 0; }

template <typename Done>
void Load::turn_until(Seconds limit, Done done) {
  auto const end = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  std::array<epoll_event, 512> ready{};
  while (Clock::now() < end && !done()) {
    auto const count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 20);
    for (int i = 0; i < count; ++i) {
      auto const& event = ready[static_cast<std::size_t>(i)];
      static_cast<Connection*>(event.data.ptr)->on_ready(event.events, block_);
    }
  }
}

}  // namespace bench
