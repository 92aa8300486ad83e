#include "gateway/base/byte_queue.h"

#include <algorithm>
#include <new>

namespace gateway {

void ByteQueue::grow(std::size_t count) {
  auto const used = size();
  // Half of the buffer is consumed front: moving the rest is cheaper than growing.
  if (begin_ >= capacity_ / 2 && capacity_ - used >= count) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, used);
  } else {
    auto const wanted = std::max<std::size_t>({used + count, capacity_ * 2, 512});
    std::unique_ptr<char, Free> larger(static_cast<char*>(std::malloc(wanted)));
    if (!larger) throw std::bad_alloc();
    if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace gateway
