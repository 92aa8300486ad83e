#include "gateway/deploy/traffic.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include "gateway/deploy/exit_codes.h"
#include "gateway/io/unique_fd.h"

namespace gateway::deploy {

namespace {

using TrafficClock = std::chrono::steady_clock;

std::optional<unsigned> share_in(std::string_view text) {
  unsigned number = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A name that cannot end the command it stands in.
bool is_server_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                              std::string_view::npos;
}

std::vector<std::string> words_in(std::string const& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

io::UniqueFd connect_to(std::string const& address) {
  auto const colon = address.rfind(':');
  if (address.find('/') == address.npos && colon != address.npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(share_in(address.substr(colon + 1)).value_or(0)));
    io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::inet_pton(AF_INET, address.substr(0, colon).c_str(), &v4.sin_addr) != 1) {
      errno = EINVAL;
      return {};
    }
    if (fd && ::connect(fd.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4) == 0) return fd;
    return {};
  }
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (address.size() >= sizeof local.sun_path) {
    errno = ENAMETOOLONG;
    return {};
  }
  std::copy(address.begin(), address.end(), local.sun_path);
  io::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd && ::connect(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) == 0) return fd;
  return {};
}

/// HAProxy answers nothing but an empty line where it did what it was told.
bool is_silence(std::string_view answer) { return answer.find_first_not_of(" \r\n\t") == answer.npos; }

std::string in_one_line(std::string text) {
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Result<std::vector<Share>> read_shares(std::span<std::string const> words) {
  std::vector<Share> shares;
  unsigned sum = 0;
  for (auto const& word : words) {
    auto const colon = word.rfind(':');
    auto const name = word.substr(0, std::min(colon, word.size()));
    auto const percent = colon == word.npos ? std::nullopt : share_in(std::string_view(word).substr(colon + 1));
    if (!percent || *percent > 100 || !is_server_name(name))
      return Error{fmt::format("expected SERVER:PERCENT such as primary:90, found '{:.60}'", word)};
    if (std::ranges::find(shares, name, &Share::server) != shares.end())
      return Error{fmt::format("the server {} is given twice", name)};
    shares.push_back({.server = name, .percent = *percent});
    sum += *percent;
  }
  if (shares.empty()) return Error{"expected how much each server gets, such as primary:90 secondary:10"};
  if (sum != 100) return Error{fmt::format("expected percentages that make 100, found {}", sum)};
  return shares;
}

std::string to_text(std::vector<Share> const& shares) {
  std::string text;
  for (auto const& share : shares) text += fmt::format("{}{}:{}", text.empty() ? "" : " ", share.server, share.percent);
  return text;
}

std::vector<ServerState> read_servers_state(std::string_view text, std::string_view backend) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> names;
  std::vector<ServerState> servers;
  for (std::string line; std::getline(in, line);) {
    auto words = words_in(line);
    if (!words.empty() && words.front() == "#") names.assign(words.begin() + 1, words.end());
    if (names.empty() || words.size() < names.size() || words.front() == "#") continue;
    auto const field = [&](std::string_view name) {
      auto const at = std::ranges::find(names, name);
      return at == names.end() ? std::string{} : words[static_cast<std::size_t>(at - names.begin())];
    };
    if (field("be_name") != backend) continue;
    servers.push_back({.name = field("srv_name"),
                       .weight = share_in(field("srv_uweight")).value_or(0),
                       .is_up = field("srv_op_state") == "2"});
  }
  return servers;
}

TrafficFailure Haproxy::ask(std::string const& command, std::string& answer) const {
  auto const fd = connect_to(socket_);
  if (!fd)
    return {kCannotConnect, fmt::format("HAProxy does not answer at {} ({}); expected its `stats socket`, with level "
                                        "admin",
                                        socket_, std::strerror(errno))};
  auto const line = command + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return {kCannotConnect, fmt::format("HAProxy at {} takes no command: {}", socket_, std::strerror(errno))};
  auto const until = TrafficClock::now() + patience_;
  answer.clear();
  std::array<char, 16384> piece;
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - TrafficClock::now()).count();
    pollfd watched{.fd = fd.get(), .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0)
      return {kTookTooLong, fmt::format("HAProxy at {} did not answer '{}' in time", socket_, command)};
    auto const size = ::recv(fd.get(), piece.data(), piece.size(), 0);
    if (size < 0) return {kCannotConnect, fmt::format("HAProxy at {}: {}", socket_, std::strerror(errno))};
    if (size == 0) return {};
    answer.append(piece.data(), static_cast<std::size_t>(size));
  }
}

TrafficFailure Haproxy::set_weight(std::string const& server, unsigned weight) const {
  std::string answer;
  auto failure = ask(fmt::format("set weight {}/{} {}", backend_, server, weight), answer);
  if (failure.exit_code == 0 && !is_silence(answer))
    failure = {kCheckFailed,
               fmt::format("HAProxy refused the weight of {}/{}: {}", backend_, server, in_one_line(answer))};
  return failure;
}

TrafficFailure Haproxy::read(std::vector<ServerState>& servers) {
  std::string answer;
  if (auto failure = ask("show servers state " + backend_, answer); failure.exit_code != 0) return failure;
  servers = read_servers_state(answer, backend_);
  if (!servers.empty()) return {};
  return {kWrongUsage, fmt::format("HAProxy has no servers in the backend {}: {}", backend_, in_one_line(answer))};
}

TrafficFailure Haproxy::set(std::vector<Share> const& shares) {
  std::vector<ServerState> before;
  if (auto failure = read(before); failure.exit_code != 0) return failure;
  auto const weight_of = [&before](std::string const& name) -> std::optional<unsigned> {
    auto const found = std::ranges::find(before, name, &ServerState::name);
    return found == before.end() ? std::nullopt : std::optional(found->weight);
  };
  for (auto const& share : shares)
    if (!weight_of(share.server))
      return {kWrongUsage, fmt::format("HAProxy's backend {} has no server {}", backend_, share.server)};
  auto ordered = shares;
  std::ranges::stable_sort(ordered, std::ranges::greater{},
                           [&](Share const& share) { return share.percent > *weight_of(share.server); });
  TrafficFailure failure;
  for (auto const& share : ordered) {
    failure = set_weight(share.server, share.percent);
    if (failure.exit_code != 0) break;
  }
  std::vector<ServerState> after;
  if (failure.exit_code == 0) failure = read(after);
  for (auto const& share : shares) {
    auto const found = std::ranges::find(after, share.server, &ServerState::name);
    if (failure.exit_code != 0 || (found != after.end() && found->weight == share.percent)) continue;
    failure = {kCheckFailed,
               fmt::format("HAProxy gives {}/{} another weight than {}; its `balance` must allow that, as "
                           "roundrobin does",
                           backend_, share.server, share.percent)};
  }
  if (failure.exit_code == 0) return failure;
  for (auto const& share : shares) (void)set_weight(share.server, *weight_of(share.server));
  return failure;
}

}  // namespace gateway::deploy
