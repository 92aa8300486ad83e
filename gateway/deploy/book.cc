#include "gateway/deploy/book.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace gateway::deploy {

namespace {

using BookJson = nlohmann::ordered_json;

/// Texts by their keys, in the order of a line.
struct TextOfEntry {
  char const* key;
  std::string Entry::*member;
};
constexpr TextOfEntry kTexts[] = {
    {"time", &Entry::time},
    {"action", &Entry::action},
    {"outcome", &Entry::outcome},
    {"profile", &Entry::profile},
    {"version", &Entry::version},
    {"program", &Entry::program},
    {"program_sha256", &Entry::program_sha256},
    {"config_sha256", &Entry::config_sha256},
    {"folder", &Entry::folder},
    {"reason", &Entry::reason},
};

std::optional<Entry> entry_of(std::string_view line) {
  auto const json = BookJson::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Entry entry;
  for (auto const& text : kTexts) {
    auto const found = json.find(text.key);
    if (found != json.end() && found->is_string()) entry.*text.member = found->get<std::string>();
  }
  auto const number = [&json](char const* key) {
    auto const found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<unsigned>() : 0U;
  };
  entry.release = number("release");
  entry.pid = static_cast<int>(number("pid"));
  return entry;
}

std::string utc_now() {
  auto const now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto const ms = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

template <typename Fits>
std::optional<Entry> newest(std::vector<Entry> const& book, Fits fits) {
  auto const found = std::find_if(book.rbegin(), book.rend(), fits);
  return found == book.rend() ? std::nullopt : std::optional(*found);
}

/// The newest release below `limit` that was ready.
std::optional<Entry> ready_below(std::vector<Entry> const& book, unsigned limit) {
  std::optional<Entry> best;
  for (auto const& entry : book)
    if (entry.outcome == "ready" && entry.release < limit && (!best || entry.release >= best->release)) best = entry;
  return best;
}

}  // namespace

std::string to_line(Entry const& entry) {
  BookJson json;
  for (auto const& text : kTexts) {
    if (!(entry.*text.member).empty()) json[text.key] = entry.*text.member;
    if (text.member == &Entry::profile) json["release"] = entry.release;
  }
  if (entry.pid > 0) json["pid"] = entry.pid;
  return json.dump(-1, ' ', false, BookJson::error_handler_t::replace) + "\n";
}

std::vector<Entry> read_book(std::string_view text, std::string_view profile) {
  std::vector<Entry> book;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto entry = entry_of(text.substr(0, end));
    if (entry && entry->profile == profile) book.push_back(*std::move(entry));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return book;
}

std::optional<Entry> current_of(std::vector<Entry> const& book) {
  std::vector<unsigned> failed;  // since
  return newest(book, [&failed](Entry const& entry) {
    if (entry.outcome == "failed") failed.push_back(entry.release);
    auto const came_up = std::ranges::find(failed, entry.release) == failed.end();
    return entry.outcome == "ready" || (entry.outcome == "starting" && came_up);
  });
}

std::optional<Entry> last_ready(std::vector<Entry> const& book) {
  return newest(book, [](Entry const& entry) { return entry.outcome == "ready"; });
}

Result<Entry> rollback_target(std::vector<Entry> const& book, std::string_view wanted) {
  auto const current = current_of(book);
  if (!current) return Error{"nothing was deployed yet, so there is nothing to go back to"};
  if (wanted == "previous") {
    auto const& last = book.back();
    if (last.action == "rollback" && last.outcome == "starting") return last;
    if (auto before = ready_below(book, current->release)) return *std::move(before);
    return Error{fmt::format("release {} is the first that was ready, so there is none before it", current->release)};
  }
  auto found = newest(book, [wanted](Entry const& entry) {
    return entry.outcome == "ready" && (entry.version == wanted || std::to_string(entry.release) == wanted);
  });
  if (found) return *std::move(found);
  std::string known;
  for (auto const& entry : book) {
    auto const each = fmt::format("{} ({})", entry.release, entry.version);
    if (entry.outcome == "ready" && known.find(each) == known.npos) known += known.empty() ? each : ", " + each;
  }
  return Error{fmt::format("expected previous, or a release or version that was ready, found '{:.60}'; there are: {}",
                           wanted, known.empty() ? "none" : known)};
}

Status append(StateFolder const& state, Entry entry) {
  entry.time = utc_now();
  auto const file = state.book();
  if (auto const made = make_folder_of(file); !made) return made.error();
  io::UniqueFd const fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  auto line = to_line(entry);
  if (fd) {
    char last = '\n';
    auto const size = ::lseek(fd.get(), 0, SEEK_END);
    if (size > 0 && ::pread(fd.get(), &last, 1, size - 1) == 1 && last != '\n') line.insert(0, "\n");  // was cut short
    if (::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd.get()) == 0)
      return Done{};
  }
  return Error{fmt::format("cannot write {}: {}", file.string(), std::strerror(errno))};
}

Result<std::vector<Entry>> book_of(StateFolder const& state, std::string_view profile) {
  std::error_code none;
  if (!std::filesystem::exists(state.book(), none)) return std::vector<Entry>{};
  auto const text = content_of_file(state.book());
  if (!text) return text.error();
  return read_book(*text, profile);
}

}  // namespace gateway::deploy
