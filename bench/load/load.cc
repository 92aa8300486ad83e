#include "bench/load/load.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "bench/load/process_figures.h"

namespace bench {

namespace {

constexpr Seconds kPatience{30};  ///< until sessions have begun, and until they have their answers
constexpr std::size_t kWave = 256;
constexpr std::chrono::milliseconds kSlowly{10};  ///< between two reads of a slow session
constexpr int kMaxWaitMs = 5;

template <typename Sessions, typename Predicate>
bool all(Sessions const& sessions, Predicate predicate) {
  return std::ranges::all_of(sessions, [&](auto const& session) { return predicate(*session); });
}

bool is_over(Session const& session) { return session.is_over(); }

}  // namespace

Load::Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (options_.tls) tls_ = *gateway::io::client_context({.check = gateway::io::TlsTrust::Check::Nothing});
  for (std::size_t i = 0; i < options_.sessions; ++i) {
    sessions_.push_back(std::make_unique<Session>(options_, tally_, epoll_, tls_.get(), i));
  }
}

void Load::run() {
  if (options_.calls > 0) return run_calls();
  if (options_.mode == Mode::Idle) return run_idle();
  run_for_a_time();
}

void Load::run_for_a_time() {
  begin_sessions();
  turn_until(Seconds(options_.warmup), [] { return false; });
  measure(Seconds(options_.seconds));
  await_answers();
}

void Load::run_idle() {
  begin_sessions();
  turn_until(Seconds(options_.warmup), [] { return false; });
  measure(Seconds(options_.seconds));
  in_waves([this](Sessions wave) {
    for (auto& session : wave) session->wake();
    turn_until(kPatience, [wave] { return all(wave, is_over); });
  });
  await_answers();
}

void Load::run_calls() {
  for (auto& session : sessions_) session->begin();
  measure(Seconds(options_.seconds));
  if (!all(sessions_, is_over))
    tally_.failed(fmt::format("only {} of {} calls in time", tally_.calls(), options_.calls));
}

void Load::begin_sessions() {
  in_waves([this](Sessions wave) {
    for (auto& session : wave) session->begin();
    turn_until(kPatience, [wave] { return all(wave, [](Session const& session) { return session.has_begun(); }); });
  });
}

void Load::measure(Seconds limit) {
  auto const cpu_before = cpu_seconds(options_.pid);
  tally_.begin();
  turn_until(limit, [this] { return all(sessions_, is_over); });
  tally_.end();
  cpu_seconds_ = cpu_seconds(options_.pid) - cpu_before;
  resident_bytes_ = resident_bytes(options_.pid);
}

/// A call that was open when the time was over may take its time, but not for ever.
void Load::await_answers() {
  auto const end = Clock::now();
  auto const waits = [end](auto const& session) { return session->waits_since_before(end); };
  turn_until(kPatience, [&] { return std::ranges::none_of(sessions_, waits); });
  auto const waiting = static_cast<std::size_t>(std::ranges::count_if(sessions_, waits));
  if (waiting > 0) tally_.failed(fmt::format("{} sessions wait without end", waiting), waiting);
}

std::string Load::report() const {
  auto const calls = static_cast<double>(tally_.calls());
  return fmt::format(
      R"({{"calls":{},"seconds":{:.3f},"calls_per_second":{:.1f},"p50_us":{:.1f},"p99_us":{:.1f},)"
      R"("p999_us":{:.1f},"cpu_us_per_call":{:.3f},"cpu_seconds":{:.2f},"resident_mb":{:.3f},)"
      R"("keep_alives":{},"wrong":{},"failed":{}}})",
      tally_.calls(), tally_.seconds(), calls / tally_.seconds(), tally_.percentile_us(0.5), tally_.percentile_us(0.99),
      tally_.percentile_us(0.999), calls > 0 ? cpu_seconds_ / calls * 1e6 : 0.0, cpu_seconds_,
      static_cast<double>(resident_bytes_) / (1 << 20), tally_.comments(), tally_.wrong(), tally_.failed());
}

bool Load::all_right() const {
  return tally_.wrong() + tally_.failed() == 0 && (tally_.calls() > 0 || options_.mode == Mode::Idle);
}

template <typename Do>
void Load::in_waves(Do wave) {
  for (std::size_t i = 0; i < sessions_.size(); i += kWave) {
    wave(Sessions(sessions_).subspan(i, std::min(kWave, sessions_.size() - i)));
  }
}

template <typename Done>
void Load::turn_until(Seconds limit, Done done) {
  auto const end = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  std::array<epoll_event, 512> ready{};
  while (Clock::now() < end && !done()) {
    auto const count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), kMaxWaitMs);
    for (int i = 0; i < count; ++i) {
      auto const& event = ready[static_cast<std::size_t>(i)];
      static_cast<Connection*>(event.data.ptr)->on_ready(event.events, block_);
    }
    if (options_.slow > 0) let_slow_ones_read();
  }
}

void Load::let_slow_ones_read() {
  if (Clock::now() < next_slow_read_) return;
  next_slow_read_ = Clock::now() + kSlowly;
  for (std::size_t i = 0; i < options_.slow; ++i) sessions_[i]->read_a_little(block_);
}

}  // namespace bench
