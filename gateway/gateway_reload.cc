// How the running gateway takes up another configuration.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gateway/gateway.h"

namespace gateway {

using admin::ReloadEnd;
using admin::ReloadRequest;
using frontend::Phase;

namespace {

/// What was replaced lives until each loop has taken up the new configuration, and no other is read before.
constexpr Duration kPatience = std::chrono::hours(24 * 365);

std::string joined(std::vector<std::string> const& texts, std::string_view between) {
  return fmt::format("{}", fmt::join(texts, between));
}

std::vector<std::string> names_of(std::vector<config::ChangedService> const& services) {
  std::vector<std::string> names;
  for (auto const& service : services) names.push_back(service.name);
  return names;
}

std::string_view sentence_of(ReloadEnd::Verdict verdict) {
  switch (verdict) {
    case ReloadEnd::Verdict::Applied: return "the configuration was read again, and holds now";
    case ReloadEnd::Verdict::Unchanged: return "the configuration was read again: nothing has changed";
    case ReloadEnd::Verdict::Planned: return "the configuration was read again, to see what would change";
    case ReloadEnd::Verdict::Refused: return "the configuration was not taken up: the one before goes on";
    case ReloadEnd::Verdict::NotNow: return "the configuration cannot be read again now";
  }
  return "";
}

}  // namespace

void Gateway::reload(ReloadRequest request, admin::TellReload tell) {
  auto const refuse = [&](ReloadEnd::Verdict verdict, std::vector<std::string> errors) {
    end_reload(request, {.verdict = verdict, .changes = {}, .errors = std::move(errors)}, tell);
  };
  if (first().phase() == Phase::Retiring)
    return refuse(ReloadEnd::Verdict::NotNow, {"another process has taken the place of this one"});
  if (first().phase() != Phase::Serving) return refuse(ReloadEnd::Verdict::NotNow, {"the gateway is stopping"});
  if (asked_upgrade_ || (next_ && !next_->is_over()))
    return refuse(ReloadEnd::Verdict::NotNow, {"an upgrade has not ended yet"});
  if (planned_listeners_)
    return refuse(ReloadEnd::Verdict::NotNow, {"this process has not taken the place of the one before yet"});
  if (reload_) return refuse(ReloadEnd::Verdict::NotNow, {"another reload has not ended yet"});
  if (source_ == nullptr) {
    return refuse(ReloadEnd::Verdict::Refused,
                  {"there is nothing to read again: the gateway was started without a configuration file"});
  }
  auto read = source_->read();
  if (auto* const errors = std::get_if<std::vector<std::string>>(&read))
    return refuse(ReloadEnd::Verdict::Refused, std::move(*errors));
  auto& next = std::get<config::Config>(read);
  next.gateway = completed(next);
  auto changes = config::changes_between(config_, directory_->configs(), next);
  std::vector<std::string> errors;
  for (auto const& setting : config::fixed_settings(changes.settings))
    errors.push_back(fmt::format("{}: holds as long as the gateway runs; restart it to change this", setting));
  for (auto const& group : directory_->split_groups(next.gateway.groups)) {
    errors.push_back(fmt::format(
        "groups.{}: its members are on several loops, where they were put when the gateway started; upgrade it instead",
        group));
  }
  if (auto const may = may_listen(next.gateway, next.services); !may) errors.push_back(may.error().what);
  auto const fits = share_descriptors(descriptors_.limit, descriptor_needs(next, descriptors_.needs.open));
  if (!fits) errors.push_back(fits.error().what);
  if (!errors.empty()) return refuse(ReloadEnd::Verdict::Refused, std::move(errors));
  if (!changes.any()) return end_reload(request, {.verdict = ReloadEnd::Verdict::Unchanged}, tell);
  if (request.dry_run)
    return end_reload(request, {.verdict = ReloadEnd::Verdict::Planned, .changes = std::move(changes)}, tell);

  reload_ = std::make_unique<Reload>(
      Reload{.request = std::move(request), .end = {.changes = std::move(changes)}, .tell = std::move(tell)});
  if (auto const begun = begin_reload(std::move(next)); !begun) {
    auto const failed = std::move(reload_);
    for (auto const& name : failed->end.changes.added) metrics_.hide_service(name);
    end_reload(failed->request, {.verdict = ReloadEnd::Verdict::Refused, .errors = {begun.error().what}}, failed->tell);
  }
}

/// Whatever can fail comes first: nothing has changed if it does.
Status Gateway::begin_reload(config::Config next) {
  auto secrets = log::secrets_of(next, environ);
  auto directory = std::make_unique<frontend::Directory>(
      directory_->list_next(std::move(next.services), next.gateway.groups, metrics_),
      directory_->next_layout(next.gateway.base_path));
  auto read = TlsListeners::read(tls_settings(next.gateway, *directory));
  if (!read) return read.error();
  auto plan = plan_listeners({.config = next.gateway,
                              .directory = *directory,
                              .before_config = &config_,
                              .before = directory_.get(),
                              .listening = listening_});
  if (!plan) return plan.error();

  reload_->former = std::exchange(directory_, std::move(directory));
  config_ = std::move(next.gateway);
  tls_.use(*std::move(read));
  listening_ = plan->listening;
  if (former_ && former_->lives_on()) former_->tell_keep(what_to_keep(true));
  // Children of the configuration before may say theirs for a while.
  redaction_ = log::Redaction(log::Redaction(std::exchange(secrets_, secrets)), secrets);
  quotas_.replace(config_.quotas);
  sessions_.set_limit(config_.limits.max_sessions);
  metrics_.limits(config_.limits.max_sessions, descriptors_.connections);
  for (auto const& name : reload_->end.changes.added) metrics_.show_service(name);
  for (auto const& name : reload_->end.changes.removed) metrics_.hide_service(name);
  take_up_admin(*plan);
  for (auto const& warning : next.warnings)
    first().log().warn("config.warning", warning.what, {{"path", warning.path}});
  for (auto const& [name, listener] : plan->named) log_listening(name, listener);
  post_setups(*std::move(plan));
  canaries_.take_up();
  return Done{};
}

/// Its own requests come in by the listener that may be closed: their connections stay.
void Gateway::take_up_admin(ListenerPlan& plan) {
  admin_.take_up();
  admin_server_.set_limits(server_limits(config_));
  if (plan.admin_closed) admin_server_.stop_listening(http::ListenerTag{});
  auto* const tls = tls_.find("gateway.admin_tls");
  if (plan.admin_opened) admin_server_.listen(std::move(*plan.admin_opened), http::ListenerTag{}, tls);
  admin_server_.set_tls(http::ListenerTag{}, tls);
  if (plan.admin_expelled) admin_server_.expel(http::ListenerTag{}, *plan.admin_expelled);
}

Setup Gateway::setup_of(std::size_t loop, ListenerPlan& plan) {
  Setup setup{.config = config_,
              .directory = *directory_,
              .redaction = redaction_,
              .closed = plan.closed,
              .opened = std::move(plan.opened[loop]),
              .expelled = plan.expelled,
              .tls = {}};
  setup.tls.emplace_back(http::ListenerTag{}, tls_.find("gateway.tls"));
  for (auto const& listed : directory_->services()) {
    if (listed.home == loop && listed.config.listen)
      setup.tls.emplace_back(frontend::Endpoints::own_listener(listed.key), tls_.find(tls_path_of(listed.config)));
  }
  return setup;
}

void Gateway::post_setups(ListenerPlan plan) {
  auto& setups = reload_->setups;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    setups.push_back(setup_of(loop, plan));
  }
  loops_.ask_all<bool>(
      kPatience,
      [reload = reload_.get()](Shard& shard, auto const& answer) {
        shard.take_up(reload->setups[shard.number()]);
        answer(true);
      },
      [this](std::vector<std::optional<bool>> const&) {
        auto const ended = std::move(reload_);
        end_reload(ended->request, ended->end, ended->tell);
      });
}

void Gateway::end_reload(ReloadRequest const& request, ReloadEnd const& end, admin::TellReload const& tell) {
  using Verdict = ReloadEnd::Verdict;
  auto const failed = end.verdict == Verdict::Refused || end.verdict == Verdict::NotNow;
  auto const by = to_text(request.by);
  auto const result = to_text(end.verdict);
  auto const added = joined(end.changes.added, " ");
  auto const removed = joined(end.changes.removed, " ");
  auto const changed = joined(names_of(end.changes.changed), " ");
  auto const settings = joined(end.changes.settings, " ");
  auto const errors = joined(end.errors, "; ");
  first().log().write(failed ? config::LogLevel::Error : config::LogLevel::Info, "config.reload",
                      sentence_of(end.verdict),
                      {{"result", result},
                       {"by", by},
                       {"added", added},
                       {"removed", removed},
                       {"changed", changed},
                       {"settings", settings},
                       {"err.msg", errors}});
  first().log().audit("audit.admin", "the configuration was read again",
                      {{"action", request.dry_run ? "reload_dry_run" : "reload"},
                       {"by", by},
                       {"remote", request.remote},
                       {"result", result},
                       {"added", added},
                       {"removed", removed},
                       {"changed", changed},
                       {"settings", settings}});
  if (!request.dry_run) metrics_.config_reloaded(result);
  // One that cannot be read now may be as good as the one in use.
  if (!request.dry_run && end.verdict != Verdict::NotNow && source_ != nullptr) metrics_.config_in_use(!failed);
  if (tell) tell(end);
}

/// A file may be written in pieces: it is read once it has rested for a second.
void Gateway::look_at_source() {
  if (source_ == nullptr || !config_.reload_on_change) return;
  if (source_->has_changed()) {
    source_changed_ = true;
  } else if (source_changed_ && !reload_) {
    source_changed_ = false;
    reload({.by = ReloadRequest::By::File}, {});
  }
}

}  // namespace gateway
