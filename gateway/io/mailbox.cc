#include "gateway/io/mailbox.h"

#include <sys/eventfd.h>

#include <new>

namespace gateway::io {

namespace {

UniqueFd make_bell() {
  UniqueFd bell(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!bell) throw std::bad_alloc();
  return bell;
}

}  // namespace

Mailbox::Mailbox(EventLoop& loop) : bell_(make_bell()), watch_(loop, bell_.get(), Watch::For::Read, *this) {
  watch_.start();
}

Mailbox::~Mailbox() = default;

void Mailbox::put(std::unique_ptr<Letter> letter) {
  bool was_empty = false;
  {
    std::scoped_lock const lock(mutex_);
    was_empty = letters_.empty();
    letters_.push_back(std::move(letter));
  }
  // Who found letters there knows that the bell was rung for them.
  if (was_empty) ::eventfd_write(bell_.get(), 1);
}

void Mailbox::on_ready(Watch::For) {
  // First the bell, then the letters: one that comes between is taken now, and
  // rings for nothing at worst.
  eventfd_t rings = 0;
  ::eventfd_read(bell_.get(), &rings);
  std::vector<std::unique_ptr<Letter>> letters;
  {
    std::scoped_lock const lock(mutex_);
    letters.swap(letters_);
  }
  for (auto const& letter : letters) letter->open();
}

}  // namespace gateway::io
