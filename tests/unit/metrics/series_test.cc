#include "gateway/metrics/series.h"

#include <gtest/gtest.h>

#include <thread>

namespace gateway::metrics {
namespace {

template <typename Series>
std::string written(Family<Series> const& family) {
  std::string text;
  family.write(text, {});
  return text;
}

TEST(CounterTest, GrowsAndTakesOverAHigherTotalOnly) {
  Counter counter;
  counter.add();
  counter.add(4);
  counter.raise_to(3);
  EXPECT_EQ(5U, counter.value());
  counter.raise_to(9);
  EXPECT_EQ(9U, counter.value());
}

TEST(GaugeTest, GoesUpAndDown) {
  Gauge gauge;
  gauge.set(3);
  gauge.add(-5);
  EXPECT_EQ(-2, gauge.value());
}

TEST(HistogramTest, CountsAValueUpToTheEdgeItEquals) {
  Edges const edges{Unit::Each, {10, 100}};
  Histogram histogram(edges);
  for (auto const value : {0, 10, 11, 100, 101, 1'000'000}) histogram.add(static_cast<std::uint64_t>(value));
  EXPECT_EQ(2U, histogram.in_bucket(0));
  EXPECT_EQ(2U, histogram.in_bucket(1));
  EXPECT_EQ(2U, histogram.in_bucket(2));
  EXPECT_EQ(6U, histogram.count());
  EXPECT_EQ(1'000'222U, histogram.sum());
}

TEST(FamilyTest, ShowsNothingWhileItHasNoSeries) {
  Page page;
  Family<Counter> const family(page, "things_total", "Things.");
  EXPECT_EQ("", written(family));
  EXPECT_EQ(1U, page.size());
}

TEST(FamilyTest, ShowsHelpTypeAndASeriesALine) {
  Page page;
  Family<Counter> family(page, "things_total", "Things.");
  family.at({{"b", "2"}, {"a", "1"}}).add(7);
  family.at({{"a", "0"}, {"b", "2"}}).add(8);
  EXPECT_EQ(
      "# HELP things_total Things.\n# TYPE things_total counter\n"
      "things_total{a=\"0\",b=\"2\"} 8\nthings_total{a=\"1\",b=\"2\"} 7\n",
      written(family));
}

TEST(FamilyTest, ShowsASeriesWithoutLabels) {
  Page page;
  Family<Gauge> family(page, "level", "A level.");
  family.at({}).set(-3);
  EXPECT_EQ("# HELP level A level.\n# TYPE level gauge\nlevel -3\n", written(family));
}

TEST(FamilyTest, ShowsNanosecondsAsSeconds) {
  Page page;
  Family<Counter> family(page, "used_seconds_total", "Used.", Unit::Nanosecond);
  family.at({}).add(1'500'000);
  EXPECT_NE(std::string::npos, written(family).find("\nused_seconds_total 0.0015\n"));
}

TEST(FamilyTest, ShowsTheBucketsOfAHistogramAddedUp) {
  Page page;
  Edges const edges{Unit::Nanosecond, {.001, .5}};
  Family<Histogram> family(page, "took_seconds", "Took.", edges);
  auto& histogram = family.at({{"of", "x"}});
  histogram.add(1'000'000);
  histogram.add(2'000'000);
  histogram.add(3'000'000'000);
  EXPECT_EQ(
      "# HELP took_seconds Took.\n# TYPE took_seconds histogram\n"
      "took_seconds_bucket{of=\"x\",le=\"0.001\"} 1\n"
      "took_seconds_bucket{of=\"x\",le=\"0.5\"} 2\n"
      "took_seconds_bucket{of=\"x\",le=\"+Inf\"} 3\n"
      "took_seconds_sum{of=\"x\"} 3.003\n"
      "took_seconds_count{of=\"x\"} 3\n",
      written(family));
}

TEST(FamilyTest, EscapesWhatALabelHolds) { EXPECT_EQ(R"(a="q\"b\\c\nd")", label_text({{"a", "q\"b\\c\nd"}})); }

TEST(FamilyTest, FindsASeriesAgainByItsLabelsInAnyOrder) {
  Page page;
  Family<Counter> family(page, "things_total", "Things.");
  EXPECT_EQ(&family.at({{"a", "1"}, {"b", "2"}}), &family.at({{"b", "2"}, {"a", "1"}}));
  EXPECT_EQ(1U, family.size());
}

TEST(FamilyTest, AddsUpThePartsOfSeveralWriters) {
  Page page;
  Family<Counter> family(page, "things_total", "Things.");
  family.part({{"a", "1"}}).add(2);
  family.part({{"a", "1"}}).add(3);
  EXPECT_EQ(1U, family.size());
  EXPECT_NE(std::string::npos, written(family).find("things_total{a=\"1\"} 5\n"));
}

TEST(FamilyTest, IsReadWhileItsWritersWrite) {
  constexpr int kTimes = 20'000;
  Page page;
  Edges const edges{Unit::Each, {10}};
  Family<Counter> counters(page, "things_total", "Things.");
  Family<Histogram> histograms(page, "sizes", "Sizes.", edges);
  auto const write = [&] {
    auto& counter = counters.part({});
    auto& histogram = histograms.part({});
    for (int i = 0; i < kTimes; ++i) {
      counter.add();
      histogram.add(static_cast<std::uint64_t>(i % 20));
    }
  };
  std::thread one(write);
  std::thread two(write);
  for (int i = 0; i < 100; ++i) {
    for (auto const* const family : page) {
      std::string text;
      family->write(text, {});
    }
  }
  one.join();
  two.join();
  EXPECT_NE(std::string::npos, written(counters).find("things_total 40000\n"));
  EXPECT_NE(std::string::npos, written(histograms).find("sizes_count 40000\n"));
}

}  // namespace
}  // namespace gateway::metrics
