// How another process takes the place of this one, and this one that of the process before.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gateway/gateway.h"
#include "gateway/tls_files.h"

namespace gateway {

using admin::UpgradeEnd;
using config::LogLevel;
using frontend::Phase;

namespace {

constexpr Duration kAnswerPatience = seconds(2);

io::UniqueFd copy_of(int descriptor) { return io::UniqueFd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)); }

bool works(health::ServiceHealth const& service) {
  return service.status == health::HealthStatus::Healthy || service.status == health::HealthStatus::Degraded;
}

/// There is nothing to wait for: its next run is minutes away, or never.
bool is_given_up(health::ServiceHealth const& service) {
  return service.state == "crash_loop" || service.state == "unavailable";
}

ServiceStart start_of(health::ServiceHealth const& service) {
  return {.name = service.name,
          .is_settled = works(service) || is_given_up(service),
          .works = works(service),
          .why = works(service)           ? ""
                 : service.reason.empty() ? service.state
                                          : service.reason};
}

std::vector<std::string> names_of_working(health::GatewayHealth const& health) {
  std::vector<std::string> names;
  for (auto const& service : health.services)
    if (works(service)) names.push_back(service.name);
  return names;
}

}  // namespace

// ── the process that replaces this one ───────────────────────────────────────

std::string Gateway::why_not_now() const {
  if (first().phase() == Phase::Retiring) return "another process has taken the place of this one";
  if (first().phase() != Phase::Serving) return "the gateway is stopping";
  if (asked_upgrade_ || (next_ && !next_->is_over())) return "another upgrade has not ended yet";
  if (reload_) return "a reload has not ended yet";
  if (former_ && former_->lives_on() && predecessors_ >= kMostPredecessors)
    return fmt::format("{} processes before this one may have sessions still", predecessors_);
  if (planned_listeners_) return "this process has not taken the place of the one before yet";
  return {};
}

void Gateway::upgrade(admin::UpgradeRequest request, admin::TellUpgrade tell) {
  auto const by = to_text(request.by);
  first().log().audit("audit.admin", "an upgrade was asked for",
                      {{"action", "upgrade"}, {"by", by}, {"remote", request.remote}});
  auto const refuse = [&](UpgradeEnd::Verdict verdict, std::string why) {
    first().log().error("upgrade.end", "the upgrade was refused: nothing was started",
                        {{"result", to_text(verdict)}, {"by", by}, {"err.msg", why}});
    if (tell) tell({.verdict = verdict, .why = std::move(why)});
  };
  if (!program_start_) return refuse(UpgradeEnd::Verdict::Refused, no_upgrade_);
  if (auto why = why_not_now(); !why.empty()) return refuse(UpgradeEnd::Verdict::NotNow, std::move(why));
  first().log().info("upgrade.begin", "the program is started anew, to take the place of this process",
                     {{"by", by}, {"program", program_start_->path}});
  asked_upgrade_ = AskedUpgrade{.request = std::move(request), .tell = std::move(tell)};
  ask_health([this](health::GatewayHealth const& health) {
    loops_.ask_all<Sockets>(
        kAnswerPatience, [](Shard& shard, auto const& answer) { answer(shard.listening()); },
        [this, health](std::vector<std::optional<Sockets>> const& sockets) { begin_upgrade(health, sockets); });
  });
}

void Gateway::begin_upgrade(health::GatewayHealth const& health, std::vector<std::optional<Sockets>> const& sockets) {
  auto const fail = [this](std::string why) {
    kept_listeners_.clear();
    end_upgrade({.verdict = UpgradeEnd::Verdict::Failed, .why = std::move(why)});
  };
  if (first().phase() != Phase::Serving) return fail("the gateway is stopping");
  auto const answered = [](auto const& each) { return each.has_value(); };
  if (!std::ranges::all_of(sockets, answered)) return fail("a loop does not say where it listens");
  auto offered = offer(sockets);
  if (!std::ranges::all_of(offered, [](auto const& each) { return bool(each.socket); }))
    return fail("no file descriptor is left for the listeners");
  Upgrade::Terms terms{.start = *program_start_,
                       .env = {},
                       .begin = {.generation = generation_.next(),
                                 .open_files_of_children = descriptors_.of_children,
                                 .predecessors = former_ && former_->lives_on() ? predecessors_ + 1 : 1},
                       .works_now = names_of_working(health),
                       .patience = config_.upgrade.ready_timeout};
  if (!manager_.address().empty()) terms.env.push_back("NOTIFY_SOCKET=" + manager_.address());
  next_ = std::make_unique<Upgrade>(first().loop(), static_cast<Upgrade::Owner&>(*this));
  if (auto const begun = next_->begin(std::move(terms), std::move(offered)); !begun) fail(begun.error().what);
}

/// With copies that are kept, should the other process die.
std::vector<Upgrade::Offered> Gateway::offer(std::vector<std::optional<Sockets>> const& sockets) {
  std::vector<Upgrade::Offered> offered;
  auto const add = [&](std::size_t loop, http::Server::Listening const& listening, bool is_admin) {
    offered.push_back({is_admin ? "admin" : listener_name(listening.tag), copy_of(listening.descriptor)});
    if (auto bound = io::Listener::bound(copy_of(listening.descriptor)))
      kept_listeners_.push_back({.loop = loop, .tag = listening.tag, .is_admin = is_admin, .bound = *std::move(bound)});
  };
  for (std::size_t loop = 0; loop < sockets.size(); ++loop)
    for (auto const& listening : *sockets[loop]) add(loop, listening, false);
  for (auto const& listening : admin_server_.listening()) add(0, listening, true);
  return offered;
}

std::string Gateway::listener_name(http::ListenerTag tag) const {
  for (auto const& listed : directory_->services())
    if (frontend::Endpoints::own_listener(listed.key) == tag) return name_of_own_listener(listed.config.name);
  return "main";
}

io::TlsServer* Gateway::tls_of(http::ListenerTag tag) const {
  for (auto const& listed : directory_->services())
    if (frontend::Endpoints::own_listener(listed.key) == tag) return tls_.find(tls_path_of(listed.config));
  return tls_.find("gateway.tls");
}

/// Those who ask the admin listener are told by the next process from now on.
void Gateway::on_next_serves() {
  notify_manager(fmt::format("MAINPID={}", next_->pid()));
  if (former_ && former_->lives_on()) former_->tell_keep(what_to_keep(false));
  admin_server_.stop_listening();
  admin_server_.expel(http::ListenerTag{}, http::Server::Expelled::All);
  end_upgrade({.verdict = UpgradeEnd::Verdict::Upgraded, .pid = next_->pid()});
  retire_limit_.set(config_.upgrade.session_limit);
  drained_.assign(loops_.size(), false);
  loops_.on_each([](Shard& shard) { shard.retire(); });
}

void Gateway::on_upgrade_failed(std::string const& why) {
  kept_listeners_.clear();
  end_upgrade({.verdict = UpgradeEnd::Verdict::Failed, .why = why});
}

void Gateway::end_upgrade(UpgradeEnd const& end) {
  auto const asked = std::exchange(asked_upgrade_, {});
  auto const result = to_text(end.verdict);
  auto const by = asked ? to_text(asked->request.by) : std::string_view{};
  if (end.verdict == UpgradeEnd::Verdict::Upgraded) {
    first().log().info("upgrade.end", "the new process serves: sessions live on in this one until they end",
                       {{"result", result}, {"by", by}, {"pid", end.pid}});
  } else {
    first().log().error("upgrade.end", "the new process was not ready: this one goes on",
                        {{"result", result}, {"by", by}, {"err.msg", end.why}});
  }
  if (asked && asked->tell) asked->tell(end);
}

void Gateway::on_next_gone() {
  if (first().phase() == Phase::Draining && leaves_) return left();  // nobody is left to be told
  if (first().phase() != Phase::Retiring) return;
  if (kept_listeners_.empty() || !may_serve_again_) {
    first().log().error("upgrade.lost", "the process that took the place of this one has ended: this one ends, too");
    return drain();
  }
  first().log().error("upgrade.lost", "the process that took the place of this one has ended: this one serves again");
  notify_manager(fmt::format("MAINPID={}", ::getpid()));
  retire_limit_.cancel();
  leave_limit_.cancel();
  leaves_ = false;
  canaries_.begin();
  listen_again();
  if (former_ && former_->lives_on()) former_->tell_keep(what_to_keep(true));
}

void Gateway::listen_again() {
  std::vector<std::vector<NewListener>> opened(loops_.size());
  for (auto& [loop, tag, is_admin, bound] : std::exchange(kept_listeners_, {})) {
    if (is_admin) {
      admin_server_.listen(std::move(bound.socket), tag, tls_.find("gateway.admin_tls"));
    } else {
      opened[loop].push_back({tag, std::move(bound.socket), tls_of(tag)});
    }
  }
  for (std::size_t loop = 1; loop < loops_.size(); ++loop) {
    auto* const shard = &loops_.at(loop);
    shard->post([shard, listeners = std::move(opened[loop])]() mutable { shard->resume(std::move(listeners)); });
  }
  first().resume(std::move(opened[0]));
}

void Gateway::on_end_sessions() { drain(); }

/// Where nobody listens any more, nobody is to connect.
void Gateway::on_keep(Keep const& keep) {
  may_serve_again_ = keep.serve_again;
  std::erase_if(kept_listeners_, [&](Kept const& each) {
    return std::ranges::none_of(keep.listen, [&](config::ListenAddress const& address) {
      auto const host = parse_ip_range(address.host);
      return host && host->first == each.bound.host && address.port == each.bound.socket.port;
    });
  });
}

Keep Gateway::what_to_keep(bool serve_again) const {
  Keep keep{.serve_again = serve_again, .listen = {listening_.main.address}};
  if (listening_.admin) keep.listen.push_back(listening_.admin->address);
  for (auto const& [name, listener] : listening_.of_services) keep.listen.push_back(listener.address);
  return keep;
}

void Gateway::look_at_upgrade() {
  if (next_ && next_->is_over()) next_.reset();
  if (former_ && former_->is_over()) former_.reset();
}

// ── the process that this one replaces ───────────────────────────────────────

void Gateway::tell_start() {
  ask_health([this](health::GatewayHealth const& health) {
    if (!former_ || !former_->waits()) return;
    Starting starting;
    for (auto const& service : health.services) starting.services.push_back(start_of(service));
    former_->tell(starting);
  });
}

void Gateway::on_told_to_serve() {
  if (first().phase() != Phase::Serving || !planned_listeners_) return;
  auto const lives_on = former_->lives_on();
  loops_.on_each([lives_on](Shard& shard) { shard.set_former(lives_on); });
  open(*std::exchange(planned_listeners_, {}));
  first().log().info("upgrade.serving", "this process has taken the place of the one before",
                     {{"sessions_live_on", lives_on}});
  former_->tell_serving();
  former_->tell_keep(what_to_keep(true));
}

void Gateway::on_abandoned() {
  first().log().warn("upgrade.abandoned", "the process before goes on without this one, which ends");
  drain();
}

/// Connections on their way from other loops come before their answer.
void Gateway::on_former_leaves() {
  loops_.ask_all<bool>(
      kAnswerPatience,
      [](Shard& shard, auto const& answer) {
        shard.set_former(false);
        answer(true);
      },
      [this](std::vector<std::optional<bool>> const&) {
        if (former_) former_->tell_knows();
      });
}

void Gateway::on_former_gone() {
  loops_.on_each([](Shard& shard) { shard.set_former(false); });
  first().log().info("upgrade.over", "the process before has ended");
  if (first().phase() >= Phase::Retiring) end_if_unused();
}

// ── connections that the other process serves ────────────────────────────────

void Gateway::pass(std::size_t shard, http::Process to, http::MovedConnection connection) {
  loops_.on_first(shard, [this, to, connection = std::move(connection)]() mutable {
    auto name = listener_name(connection.listener);
    if (to == http::Process::Next) {
      if (next_) next_->pass(std::move(connection), std::move(name));
    } else if (former_ && former_->lives_on()) {
      former_->pass(std::move(connection), std::move(name));
    }
  });
}

void Gateway::on_passed(http::MovedConnection connection, std::string const& listener) {
  for (auto const& listed : directory_->services())
    if (listener == name_of_own_listener(listed.config.name))
      connection.listener = frontend::Endpoints::own_listener(listed.key);
  first().adopt_passed(std::move(connection));
}

}  // namespace gateway
