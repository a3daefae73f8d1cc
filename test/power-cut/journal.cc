// Preloaded into a process (LD_PRELOAD): whatever it changes on the disk below $POWER_CUT_FOLDER is written, in order, to
// $POWER_CUT_JOURNAL: opened and created files, octets written, truncations, syncs, renames, unlinks. journal.ts reads it.
// A record: operation (1 octet), inode (8), offset or second inode (8), length (4), that many octets; little-endian.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum Operation : uint8_t { kCreate = 1, kWrite, kTruncate, kSync, kSyncFolder, kRename, kUnlink };

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
const char* folder = nullptr;
size_t folder_length = 0;
int journal = -1;
constexpr int kMost = 4096;
enum Kind : uint8_t { kNot, kFile, kFolder };
Kind tracked[kMost];

template <typename F>
F real(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

__attribute__((constructor)) void begin() {
  folder = getenv("POWER_CUT_FOLDER");
  const char* path = getenv("POWER_CUT_JOURNAL");
  if (folder == nullptr || path == nullptr) return;
  folder_length = strlen(folder);
  // High, so that it is not taken for a standard stream and not closed by chance.
  const int fd = real<int (*)(const char*, int, ...)>("open")(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  journal = fcntl(fd, F_DUPFD_CLOEXEC, 3000);
}

bool ends_with(const char* text, const char* end) {
  const size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

// The memory that processes share through a -shm file is no evidence: SQLite makes it anew.
bool is_inside(const char* path) {
  return journal >= 0 && path != nullptr && strncmp(path, folder, folder_length) == 0 && !ends_with(path, "-shm");
}

void put(Operation operation, uint64_t inode, uint64_t offset, const void* data, size_t length) {
  const uint32_t octets = static_cast<uint32_t>(length);
  char head[21];
  head[0] = static_cast<char>(operation);
  memcpy(head + 1, &inode, 8);
  memcpy(head + 9, &offset, 8);
  memcpy(head + 17, &octets, 4);
  const auto write_out = real<ssize_t (*)(int, const void*, size_t)>("write");
  if (write_out(journal, head, sizeof head) != sizeof head || (length > 0 && write_out(journal, data, length) != static_cast<ssize_t>(length))) abort();
}

uint64_t inode_of(int fd) {
  struct stat stat {};
  return fstat(fd, &stat) == 0 ? stat.st_ino : 0;
}

struct Lock {
  Lock() { pthread_mutex_lock(&mutex); }
  ~Lock() { pthread_mutex_unlock(&mutex); }
};

int opened(int fd, const char* path, int flags, bool was_there) {
  if (fd < 0 || fd >= kMost || !is_inside(path)) return fd;
  const int kept = errno;
  Lock lock;
  struct stat stat {};
  fstat(fd, &stat);
  tracked[fd] = S_ISDIR(stat.st_mode) ? kFolder : S_ISREG(stat.st_mode) ? kFile : kNot;
  if (tracked[fd] == kFile && !was_there) put(kCreate, stat.st_ino, 0, path, strlen(path));
  if (tracked[fd] == kFile && was_there && (flags & O_TRUNC) != 0) put(kTruncate, stat.st_ino, 0, nullptr, 0);
  errno = kept;
  return fd;
}

bool exists(const char* path) {
  struct stat stat {};
  return is_inside(path) && lstat(path, &stat) == 0;
}

bool is_file(int fd) { return fd >= 0 && fd < kMost && tracked[fd] == kFile; }

void written(int fd, const void* data, ssize_t length, off_t offset) {
  if (length > 0 && is_file(fd)) {
    Lock lock;
    put(kWrite, inode_of(fd), static_cast<uint64_t>(offset), data, static_cast<size_t>(length));
  }
}

// Where a write without an offset went: the position has moved by what was written.
off_t began(int fd, ssize_t length) { return is_file(fd) ? lseek(fd, 0, SEEK_CUR) - (length > 0 ? length : 0) : 0; }

int synced(int fd, int result) {
  if (result == 0 && fd >= 0 && fd < kMost && tracked[fd] != kNot) {
    Lock lock;
    put(tracked[fd] == kFile ? kSync : kSyncFolder, inode_of(fd), 0, nullptr, 0);
  }
  return result;
}

}  // namespace

#define OPEN(name)                                                                         \
  extern "C" int name(const char* path, int flags, ...) {                                  \
    va_list list;                                                                          \
    va_start(list, flags);                                                                 \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;                 \
    va_end(list);                                                                          \
    const bool was_there = exists(path);                                                   \
    return opened(real<int (*)(const char*, int, ...)>(#name)(path, flags, mode), path, flags, was_there); \
  }
OPEN(open)
OPEN(open64)

extern "C" int close(int fd) {
  if (fd >= 0 && fd < kMost) tracked[fd] = kNot;
  return real<int (*)(int)>("close")(fd);
}

#define PWRITE(name, type)                                                                  \
  extern "C" ssize_t name(int fd, const void* data, size_t length, type offset) {           \
    const ssize_t done = real<ssize_t (*)(int, const void*, size_t, type)>(#name)(fd, data, length, offset); \
    written(fd, data, done, offset);                                                        \
    return done;                                                                            \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

extern "C" ssize_t write(int fd, const void* data, size_t length) {
  const ssize_t done = real<ssize_t (*)(int, const void*, size_t)>("write")(fd, data, length);
  written(fd, data, done, began(fd, done));
  return done;
}

extern "C" ssize_t writev(int fd, const struct iovec* pieces, int count) {
  const ssize_t done = real<ssize_t (*)(int, const struct iovec*, int)>("writev")(fd, pieces, count);
  off_t at = began(fd, done);
  ssize_t left = done;
  for (int i = 0; i < count && left > 0; i++) {
    const ssize_t octets = left < static_cast<ssize_t>(pieces[i].iov_len) ? left : static_cast<ssize_t>(pieces[i].iov_len);
    written(fd, pieces[i].iov_base, octets, at);
    at += octets;
    left -= octets;
  }
  return done;
}

#define TRUNCATE(name, type)                                        \
  extern "C" int name(int fd, type length) {                        \
    const int result = real<int (*)(int, type)>(#name)(fd, length); \
    if (result == 0 && is_file(fd)) {                               \
      Lock lock;                                                    \
      put(kTruncate, inode_of(fd), static_cast<uint64_t>(length), nullptr, 0); \
    }                                                               \
    return result;                                                  \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

extern "C" int fsync(int fd) { return synced(fd, real<int (*)(int)>("fsync")(fd)); }
extern "C" int fdatasync(int fd) { return synced(fd, real<int (*)(int)>("fdatasync")(fd)); }

extern "C" int unlink(const char* path) {
  const int result = real<int (*)(const char*)>("unlink")(path);
  if (result == 0 && is_inside(path)) {
    Lock lock;
    put(kUnlink, 0, 0, path, strlen(path));
  }
  return result;
}

extern "C" int rename(const char* from, const char* to) {
  const int result = real<int (*)(const char*, const char*)>("rename")(from, to);
  if (result == 0 && is_inside(to)) {
    char both[2 * PATH_MAX];
    const size_t a = strlen(from), b = strlen(to);
    memcpy(both, from, a);
    both[a] = '\n';
    memcpy(both + a + 1, to, b);
    Lock lock;
    put(kRename, 0, 0, both, a + 1 + b);
  }
  return result;
}
