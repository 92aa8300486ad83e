// Series that one thread writes and any thread reads, and the Prometheus text format. Counting takes no lock and no
// atomic read-modify-write, because a call is counted in a dozen series.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::metrics {

/// The unit of the integers in a series.
enum class Unit : std::uint8_t {
  Each,
  Nanosecond,  ///< shown as seconds
};

namespace detail {
/// Only the owner's thread stores, so load and store need not be one operation.
inline void add(std::atomic<std::uint64_t>& to, std::uint64_t more) {
  to.store(to.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}
}  // namespace detail

/// A counter.
class Counter {
 public:
  void add(std::uint64_t more = 1) { detail::add(value_, more); }
  /// Sets it to a total that is counted elsewhere, unless that is lower.
  void raise_to(std::uint64_t total) {
    if (total > value()) value_.store(total, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A counter that several threads add to, for rare events.
class SharedCounter {
 public:
  void add(std::uint64_t more = 1) { value_.fetch_add(more, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A gauge.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t more) { set(value() + more); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// The upper bounds of a histogram's buckets; the last bucket has none.
class Edges {
 public:
  /// `shown` is in seconds if the unit is Nanosecond; ascending.
  Edges(Unit unit, std::initializer_list<double> shown);

  [[nodiscard]] Unit unit() const { return unit_; }
  [[nodiscard]] std::vector<std::uint64_t> const& values() const { return values_; }
  [[nodiscard]] std::vector<double> const& shown() const { return shown_; }
  [[nodiscard]] std::vector<std::string> const& texts() const { return texts_; }

 private:
  Unit unit_;
  std::vector<double> shown_;
  std::vector<std::uint64_t> values_;
  std::vector<std::string> texts_;  ///< one more: "+Inf"
};

/// A histogram.
class Histogram {
 public:
  explicit Histogram(Edges const& edges)
      : edges_(edges), counts_(std::make_unique<std::atomic<std::uint64_t>[]>(edges.values().size() + 1)) {}

  /// `value` in the unit of the edges.
  void add(std::uint64_t value) {
    // Linear, because most values are small.
    std::size_t at = 0;
    for (auto const edge : edges_.values()) {
      if (value <= edge) break;
      ++at;
    }
    detail::add(counts_[at], 1);
    detail::add(sum_, value);
  }

  [[nodiscard]] Edges const& edges() const { return edges_; }
  /// In one bucket, not cumulative; 0 up to the number of edges.
  [[nodiscard]] std::uint64_t in_bucket(std::size_t at) const { return counts_[at].load(std::memory_order_relaxed); }
  /// In all buckets.
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  Edges const& edges_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<std::uint64_t> sum_{0};
};

/// One label; its name is a constant of ours, its value any string.
struct LabelPair {
  std::string_view name;
  std::string_view value;
};
using Labels = std::vector<LabelPair>;

/// The labels in the text format, sorted by name; empty if there are none.
[[nodiscard]] std::string label_text(Labels labels);

using HiddenLabels = std::set<std::string, std::less<>>;

/// All series of one metric.
class AnyFamily {
 public:
  /// Appends the lines of the metric, without those that have one of the labels `hidden`, such as `server="files"`;
  /// nothing while it has no series.
  virtual void write(std::string& out, HiddenLabels const& hidden) const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;

 protected:
  AnyFamily() = default;
  AnyFamily(AnyFamily const&) = delete;
  AnyFamily& operator=(AnyFamily const&) = delete;
  ~AnyFamily() = default;
};

/// What is exposed, in this order.
using Page = std::vector<AnyFamily const*>;

/// Series may be created by any thread and live as long as the family.
template <typename Series>
class Family final : public AnyFamily {
 public:
  Family(Page& page, std::string_view name, std::string_view help,
         Unit unit = Unit::Each) requires(!std::is_same_v<Series, Histogram>)
      : name_(name), help_(help), unit_(unit) {
    page.push_back(this);
  }
  Family(Page& page, std::string_view name, std::string_view help,
         Edges const& edges) requires(std::is_same_v<Series, Histogram>)
      : name_(name), help_(help), unit_(edges.unit()), edges_(&edges) {
    page.push_back(this);
  }

  /// The series with these labels, created if it is new. Slow: look it up once, not on every call.
  Series& at(Labels labels) {
    std::scoped_lock const lock(mutex_);
    auto& parts = series_[label_text(std::move(labels))];
    return parts.empty() ? make(parts) : parts.front();
  }

  /// A part of that series for another writer. The sum of all parts is exposed.
  Series& part(Labels labels) {
    std::scoped_lock const lock(mutex_);
    return make(series_[label_text(std::move(labels))]);
  }

  void write(std::string& out, HiddenLabels const& hidden) const override;
  [[nodiscard]] std::size_t size() const override {
    std::scoped_lock const lock(mutex_);
    return series_.size();
  }

 private:
  using Parts = std::deque<Series>;
  Series& make(Parts& parts) {
    if constexpr (std::is_same_v<Series, Histogram>) {
      return parts.emplace_back(*edges_);
    } else {
      return parts.emplace_back();
    }
  }

  std::string_view name_;
  std::string_view help_;
  Unit unit_;
  Edges const* edges_ = nullptr;
  mutable std::mutex mutex_;  ///< guards the map, not the values of the series
  std::map<std::string, Parts> series_;
};

extern template class Family<Counter>;
extern template class Family<SharedCounter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;

}  // namespace gateway::metrics
