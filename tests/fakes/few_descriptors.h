// A process that has no descriptor left, or only so many.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#include "gateway/io/unique_fd.h"

namespace gateway::fakes {

/// Takes all descriptors under a low limit but `left`; gives everything back when it ends.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t left) {
    EXPECT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &before_));
    auto const low = rlimit{kLimit, before_.rlim_max};
    EXPECT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &low));
    taken_ = all();
    EXPECT_GE(taken_.size(), left);
    taken_.resize(taken_.size() - std::min(left, taken_.size()));
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(FewDescriptors const&) = delete;
  FewDescriptors& operator=(FewDescriptors const&) = delete;

  /// How many there are now.
  [[nodiscard]] std::size_t left() const { return all().size(); }

 private:
  /// Above what a test program has open, clients included.
  static constexpr rlim_t kLimit = 512;

  static std::vector<io::UniqueFd> all() {
    std::vector<io::UniqueFd> taken;
    for (;;) {
      io::UniqueFd one(::eventfd(0, EFD_CLOEXEC));
      if (!one) break;
      taken.push_back(std::move(one));
    }
    EXPECT_EQ(EMFILE, errno);
    return taken;
  }

  rlimit before_{};
  std::vector<io::UniqueFd> taken_;
};

}  // namespace gateway::fakes
