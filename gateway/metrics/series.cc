#include "gateway/metrics/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace gateway::metrics {

namespace {

constexpr double kNanosecondsInSecond = 1e9;

void append_escaped(std::string& out, std::string_view value) {
  for (char const c : value) {
    switch (c) {
      case '\\': out.append(R"(\\)"); break;
      case '"': out.append(R"(\")"); break;
      case '\n': out.append(R"(\n)"); break;
      default: out.push_back(c);
    }
  }
}

template <typename Whole>
void append_value(std::string& out, Whole value, Unit unit) {
  if (unit == Unit::Each) {
    fmt::format_to(std::back_inserter(out), "{}\n", value);
  } else {
    fmt::format_to(std::back_inserter(out), "{}\n", static_cast<double>(value) / kNanosecondsInSecond);
  }
}

/// A line up to its value.
void append_name(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels) {
  out.append(name).append(suffix);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.push_back(' ');
}

template <typename Series>
constexpr std::string_view kType = "histogram";
template <>
constexpr std::string_view kType<Counter> = "counter";
template <>
constexpr std::string_view kType<SharedCounter> = "counter";
template <>
constexpr std::string_view kType<Gauge> = "gauge";

template <typename Parts>
auto total(Parts const& parts) {
  decltype(parts.front().value()) sum = 0;
  for (auto const& part : parts) sum += part.value();
  return sum;
}

template <typename Series>
void append_series(std::string& out, std::string_view name, std::string_view labels, std::deque<Series> const& parts,
                   Unit unit) {
  append_name(out, name, {}, labels);
  append_value(out, total(parts), unit);
}

void append_series(std::string& out, std::string_view name, std::string_view labels, std::deque<Histogram> const& parts,
                   Unit unit) {
  auto const& texts = parts.front().edges().texts();
  auto const comma = labels.empty() ? "" : ",";
  // The count is the sum of the buckets as they were read, so that both agree.
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  for (auto const& part : parts) sum += part.sum();
  for (std::size_t at = 0; at < texts.size(); ++at) {
    for (auto const& part : parts) count += part.in_bucket(at);
    out.append(name).append("_bucket{").append(labels).append(comma).append(R"(le=")").append(texts[at]).append("\"} ");
    append_value(out, count, Unit::Each);
  }
  append_name(out, name, "_sum", labels);
  append_value(out, sum, unit);
  append_name(out, name, "_count", labels);
  append_value(out, count, Unit::Each);
}

}  // namespace

Edges::Edges(Unit unit, std::initializer_list<double> shown) : unit_(unit), shown_(shown) {
  auto const scale = unit == Unit::Nanosecond ? kNanosecondsInSecond : 1.0;
  for (auto const edge : shown_) {
    values_.push_back(static_cast<std::uint64_t>(std::llround(edge * scale)));
    texts_.push_back(fmt::format("{}", edge));
  }
  texts_.emplace_back("+Inf");
}

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at <= edges_.values().size(); ++at) count += in_bucket(at);
  return count;
}

std::string label_text(Labels labels) {
  std::sort(labels.begin(), labels.end(), [](LabelPair const& a, LabelPair const& b) { return a.name < b.name; });
  std::string text;
  for (auto const& label : labels) {
    if (!text.empty()) text.push_back(',');
    text.append(label.name).append("=\"");
    append_escaped(text, label.value);
    text.push_back('"');
  }
  return text;
}

namespace {

/// A value has no quote that is not escaped, so what is found is a label of its own or the end of a longer name.
bool has(std::string_view labels, std::string_view label) {
  auto const at = labels.find(label);
  return at == 0 || (at != std::string_view::npos && labels[at - 1] == ',');
}

}  // namespace

template <typename Series>
void Family<Series>::write(std::string& out, HiddenLabels const& hidden) const {
  auto const is_hidden = [&](std::string_view labels) {
    return std::any_of(hidden.begin(), hidden.end(), [&](std::string const& label) { return has(labels, label); });
  };
  std::scoped_lock const lock(mutex_);
  if (std::all_of(series_.begin(), series_.end(), [&](auto const& each) { return is_hidden(each.first); })) return;
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help_, kType<Series>);
  for (auto const& [labels, parts] : series_)
    if (!is_hidden(labels)) append_series(out, name_, labels, parts, unit_);
}

template class Family<Counter>;
template class Family<SharedCounter>;
template class Family<Gauge>;
template class Family<Histogram>;

}  // namespace gateway::metrics
