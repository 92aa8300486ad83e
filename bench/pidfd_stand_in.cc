// valgrind 3.19 does not know the system call pidfd_open and fails it, and then the gateway starts no
// child. `bench/instructions` preloads this in its place: a descriptor that never becomes readable, as
// that of a child that lives. While calls are counted no child ends, so nothing else is missed.
#include <sys/eventfd.h>
#include <sys/types.h>

extern "C" [[gnu::visibility("default")]] int pidfd_open(pid_t, unsigned int) { return ::eventfd(0, EFD_CLOEXEC); }
