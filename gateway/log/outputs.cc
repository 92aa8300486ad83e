#include "gateway/log/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <utility>

#include "gateway/log/line_sink.h"

namespace gateway::log {

namespace {

using Kind = config::LogOutputKind;

/// Only on a terminal, and if nobody has said otherwise (NO_COLOR, TERM=dumb).
bool is_coloured(int fd) {
  auto const* const no_colour = std::getenv("NO_COLOR");
  auto const* const terminal = std::getenv("TERM");
  auto const is_refused = no_colour != nullptr && *no_colour != '\0';
  auto const is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return !is_refused && !is_dumb && ::isatty(fd) == 1;
}

bool is_read_by_people(Kind kind) {
  return kind == Kind::Syslog || kind == Kind::Journal || (kind == Kind::Stderr && ::isatty(STDERR_FILENO) == 1);
}

Form form_of(config::LogOutput const& output, config::LogFormat usual) {
  using config::LogFormat;
  auto format = output.format == LogFormat::Auto ? usual : output.format;
  if (format == LogFormat::Auto) format = is_read_by_people(output.kind) ? LogFormat::Text : LogFormat::Json;
  if (format == LogFormat::Json) return Form::Json;
  switch (output.kind) {
    case Kind::Stderr: return is_coloured(STDERR_FILENO) ? Form::ColouredText : Form::Text;
    case Kind::File: return Form::Text;
    case Kind::Syslog: return Form::BareText;
    case Kind::Journal: return Form::Journal;
  }
  return Form::Text;
}

std::string name_of(config::LogOutput const& output) {
  switch (output.kind) {
    case Kind::Stderr: return "stderr";
    case Kind::File: return output.path;
    case Kind::Syslog: return output.path.empty() ? "syslog" : output.path;
    case Kind::Journal: return output.path.empty() ? "journal" : output.path;
  }
  return {};
}

std::unique_ptr<LineSink> make_sink(config::LogOutput const& output, Form form) {
  switch (output.kind) {
    case Kind::File: return make_file_sink(output);
    case Kind::Syslog: return make_syslog_sink(output.path);
    case Kind::Journal: return make_journal_sink(output.path, form);
    case Kind::Stderr: break;
  }
  return make_descriptor_sink(STDERR_FILENO);
}

/// Also where the paths differ, because of a link.
bool is_same_file(config::LogOutput const& a, config::LogOutput const& b) {
  struct stat one {};
  struct stat other {};
  return a.kind == Kind::File && b.kind == Kind::File && ::stat(a.path.c_str(), &one) == 0 &&
         ::stat(b.path.c_str(), &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

LogOutputs::LogOutputs(config::LogConfig const& config) {
  for (auto const& output : config.outputs)
    outputs_.push_back({output, name_of(output), form_of(output, config.format)});
  if (outputs_.empty()) outputs_.push_back({{}, "stderr", form_of({}, config.format)});
  for (std::size_t i = 0; i < outputs_.size() && opened_; ++i) open(outputs_[i], i);
}

LogOutputs::~LogOutputs() = default;

void LogOutputs::open(Output& output, std::size_t number) {
  auto const fail = [&](std::string_view why) {
    opened_ = Error{fmt::format("gateway.log.outputs[{}]: {}", number, why)};
  };
  try {
    auto sink = make_sink(output.config, output.form);
    for (std::size_t i = 0; i < number; ++i) {
      if (!is_same_file(outputs_[i].config, output.config)) continue;
      return fail(fmt::format("expected another file than that of gateway.log.outputs[{}], found {}, which is the same",
                              i, output.name));
    }
    LineFilter const filter{output.config.level, output.config.kind == Kind::Stderr && is_text(output.form)};
    output.thread = std::make_unique<LogThread>(std::move(sink), filter);
  } catch (std::exception const& error) {
    fail(error.what());
  }
}

std::vector<Wanted> LogOutputs::wanted() const {
  std::vector<Wanted> all;
  for (auto const& output : outputs_) {
    auto found = std::ranges::find(all, output.form, &Wanted::form);
    if (found == all.end()) found = all.insert(found, {.form = output.form, .level = {}, .follows = false});
    if (!output.config.level) {
      found->follows = true;
    } else {
      found->level = std::min(found->level.value_or(*output.config.level), *output.config.level);
    }
    if (output.config.kind == Kind::Stderr) found->is_watched = is_text(output.form);
  }
  return all;
}

void LogOutputs::write(LogPiece& piece) {
  LogThread* last = nullptr;
  for (auto const& output : outputs_) {
    if (output.form != piece.form || !output.thread || !output.thread->takes_any(piece)) continue;
    if (last != nullptr) last->write_copy(piece);
    last = output.thread.get();
  }
  if (last != nullptr) {
    last->write(piece);
  } else {
    piece.clear();
  }
}

void LogOutputs::reopen() {
  for (auto const& output : outputs_) output.thread->reopen();
}

std::vector<LogOutputs::State> LogOutputs::states() const {
  std::vector<State> states;
  for (auto const& output : outputs_) {
    if (!output.thread) continue;
    auto state = output.thread->state();
    states.push_back({output.name, state.dropped, std::move(state.trouble)});
  }
  return states;
}

}  // namespace gateway::log
