// One interface being listened to, by one thread of its own that opens, drains and closes, so JavaScript never waits for
// the kernel. In: how to listen. Out: whole blocks of frames through a bounded ring, pcap_stats beside each. When the
// reader is slow the thread stops reading, the kernel's ring buffer fills, and the kernel counts what it drops: nothing
// is lost uncounted, and nothing here grows. The socket never leaves this file.
#pragma once

#include <node_api.h>

#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "libpcap.h"

// A block, as src/source/live-addon.ts mirrors it:
// header (16 doubles) | seconds f64 | offset i32 | captured i32 | wire i32 | nanos i32 | bytes
constexpr size_t kHeaderSlots = 16;
enum HeaderSlot { kCount, kProcessed, kShortened, kBackwards, kReceived, kDropped, kInterfaceDropped, kStatsValid, kSequence, kFlags, kFigures };

struct Block {
  uint8_t* memory = nullptr;
  double* header = nullptr;
  double* seconds = nullptr;
  int32_t* offset = nullptr;
  int32_t* captured = nullptr;
  int32_t* wire = nullptr;
  int32_t* nanos = nullptr;
  uint8_t* bytes = nullptr;
  size_t size = 0;
  ~Block() { free(memory); }

  bool Allocate(size_t frames, size_t octets) {
    const size_t head = kHeaderSlots * 8 + frames * 24;
    size = (head + octets + 63) / 64 * 64;
    memory = static_cast<uint8_t*>(aligned_alloc(64, size));
    if (memory == nullptr) return false;
    memset(memory, 0, head);
    header = reinterpret_cast<double*>(memory);
    seconds = header + kHeaderSlots;
    offset = reinterpret_cast<int32_t*>(seconds + frames);
    captured = offset + frames;
    wire = captured + frames;
    nanos = wire + frames;
    bytes = reinterpret_cast<uint8_t*>(nanos + frames);
    return true;
  }
};

struct Options {
  std::string device;
  std::string filter;
  int snapLength = 0;
  int bufferBytes = 0;
  int timeoutMs = 0;
  bool promiscuous = false;
  bool adapterTimestamps = false;
  size_t blockFrames = 0;
  size_t blockBytes = 0;
  size_t blocks = 0;
};

inline int64_t MonotonicMs() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// Never freed: a thread may still be inside libpcap while the process runs its exit handlers.
inline std::mutex& OpeningMutex() {
  static std::mutex* const mutex = new std::mutex();
  return *mutex;
}

class Session {
 public:
  enum State { kOpening = 0, kOpen = 1, kEnded = 2 };

  Session(Options options, const PcapLibrary* library) : options_(std::move(options)), pcap_(library) {
    wakeFd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    askFd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);  // only ever asked SIOCGIF...
  }
  ~Session() {
    Join();
    if (wakeFd_ >= 0) ::close(wakeFd_);
    if (askFd_ >= 0) ::close(askFd_);
  }

  bool Allocate() {
    for (size_t i = 0; i < options_.blocks; i++) {
      auto block = std::make_shared<Block>();
      if (!block->Allocate(options_.blockFrames, options_.blockBytes)) return false;
      blocks_.push_back(std::move(block));
      free_.push_back(static_cast<int>(i));
    }
    return wakeFd_ >= 0;
  }

  bool Start(napi_threadsafe_function tell) {
    tell_ = tell;
    // Signals are JavaScript's business: the thread starts with all of them blocked.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&thread_, nullptr, [](void* self) -> void* {
      static_cast<Session*>(self)->Run();
      return nullptr;
    }, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    started_ = rc == 0;
    return started_;
  }

  // Graceful: what the kernel has already received is still handed over. `abandon`: leave at once.
  void Stop(bool abandon) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      if (abandon) abandon_ = true;
    }
    freed_.notify_all();
    if (wakeFd_ >= 0) eventfd_write(wakeFd_, 1);
  }

  void Join() {
    if (!started_) return;
    Stop(true);
    pthread_join(thread_, nullptr);
    started_ = false;
  }

  int Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (filled_.empty()) return -1;
    const int index = filled_.front();
    filled_.pop_front();
    lent_ |= uint64_t{1} << index;
    return index;
  }

  // Only a block that was taken goes back, and only once, whatever the caller does.
  void Release(int index) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (index < 0 || index >= static_cast<int>(blocks_.size()) || !(lent_ >> index & 1)) return;
      lent_ &= ~(uint64_t{1} << index);
      free_.push_back(index);
    }
    freed_.notify_one();
  }

  void ReadStats(double* out) {
    std::lock_guard<std::mutex> lock(mutex_);
    memcpy(out, latest_, sizeof latest_);
  }

  State state() const { return state_.load(std::memory_order_acquire); }
  const std::vector<std::shared_ptr<Block>>& blocks() const { return blocks_; }
  void Told() { telling_.store(false, std::memory_order_release); }

  // Written by the thread before the state changes, read by JavaScript after it has seen the change.
  std::string failureStage, failureMessage, warning;
  int failureCode = 0;
  int dataLink = -1;
  int snapLength = 0;
  bool nanoseconds = false;

 private:
  void Run() {
    if (Open()) {
      SetState(kOpen);
      Drain();
    }
    if (handle_ != nullptr) pcap_->close(handle_);
    handle_ = nullptr;
    SetState(kEnded);
    napi_release_threadsafe_function(tell_, napi_tsfn_release);
  }

  void SetState(State state) {
    state_.store(state, std::memory_order_release);
    Tell();
  }

  // At most one call is under way: JavaScript looks at everything when it is told anything.
  void Tell() {
    if (telling_.exchange(true, std::memory_order_acq_rel)) return;
    if (napi_call_threadsafe_function(tell_, nullptr, napi_tsfn_nonblocking) != napi_ok)
      telling_.store(false, std::memory_order_release);
  }

  bool Fail(const char* stage, int code, const std::string& message) {
    failureStage = stage;
    failureCode = code;
    failureMessage = message;
    return false;
  }

  bool Ask(unsigned long what, struct ifreq* answer) const {
    memset(answer, 0, sizeof *answer);
    strncpy(answer->ifr_name, options_.device.c_str(), IFNAMSIZ - 1);
    return askFd_ >= 0 && ioctl(askFd_, what, answer) == 0;
  }

  int InterfaceIndex() const {
    struct ifreq answer;
    return Ask(SIOCGIFINDEX, &answer) ? answer.ifr_ifindex : 0;
  }

  bool Open() {
    // libpcap's compiler was not thread safe before 1.8, and opening is rare: one at a time.
    std::lock_guard<std::mutex> lock(OpeningMutex());
    char error[kErrorBufferSize] = "";
    interfaceIndex_ = InterfaceIndex();
    handle_ = pcap_->create(options_.device.c_str(), error);
    if (handle_ == nullptr) return Fail("open", kErrorGeneric, error);
    pcap_->set_snaplen(handle_, options_.snapLength);
    pcap_->set_promisc(handle_, options_.promiscuous ? 1 : 0);
    pcap_->set_timeout(handle_, options_.timeoutMs);
    pcap_->set_buffer_size(handle_, options_.bufferBytes);
    pcap_->set_tstamp_precision(handle_, kPrecisionNano);
    if (options_.adapterTimestamps && pcap_->set_tstamp_type(handle_, kTimestampAdapter) != 0)
      warning = "the interface has no timestamps of its own; the kernel's are used";
    const int rc = pcap_->activate(handle_);
    if (rc < 0) {
      const char* detail = pcap_->geterr(handle_);
      return Fail("open", rc, detail != nullptr && detail[0] != 0 ? detail : pcap_->statustostr(rc));
    }
    if (rc > 0 && warning.empty()) warning = pcap_->statustostr(rc);
    dataLink = pcap_->datalink(handle_);
    snapLength = options_.snapLength;
    nanoseconds = pcap_->get_tstamp_precision(handle_) == kPrecisionNano;
    if (!options_.filter.empty()) {
      BpfProgram program{};
      if (pcap_->compile(handle_, &program, options_.filter.c_str(), 1, kNetmaskUnknown) != 0)
        return Fail("filter", kErrorGeneric, pcap_->geterr(handle_));
      const int set = pcap_->setfilter(handle_, &program);
      pcap_->freecode(&program);
      if (set != 0) return Fail("filter", kErrorGeneric, pcap_->geterr(handle_));
      // The kernel counted what came before the filter stood; libpcap has thrown it away, and it was never asked for.
      PcapStats before{};
      if (pcap_->stats(handle_, &before) == 0) beforeFilter_ = before.received - before.dropped;
    }
    if (pcap_->setnonblock(handle_, 1, error) != 0) return Fail("open", kErrorGeneric, error);
    fd_ = pcap_->get_selectable_fd(handle_);
    if (fd_ < 0) return Fail("open", kErrorGeneric, "libpcap gives no descriptor to wait on for this interface");
    return true;
  }

  int Acquire() {
    std::unique_lock<std::mutex> lock(mutex_);
    // Waiting here is the back-pressure: the kernel's ring buffer takes over, and then its drop counter.
    freed_.wait(lock, [this] { return abandon_ || !free_.empty(); });
    if (abandon_) return -1;
    const int index = free_.front();
    free_.pop_front();
    Block& block = *blocks_[index];
    count_ = 0;
    used_ = 0;
    memset(block.header, 0, kHeaderSlots * sizeof(double));
    startedMs_ = MonotonicMs();
    return index;
  }

  // pcap_stats reads two files of the interface besides the socket, so not more often than ten times a second.
  bool ReadKernel(bool force) {
    const int64_t now = MonotonicMs();
    if (frozen_ || (!force && now - statsMs_ < 100)) return true;
    statsMs_ = now;
    PcapStats stats{};
    const bool valid = pcap_->stats(handle_, &stats) == 0;
    struct ifreq answer;
    const bool known = Ask(SIOCGIFFLAGS, &answer);
    std::lock_guard<std::mutex> lock(mutex_);
    latest_[kProcessed] = static_cast<double>(processed_);
    latest_[kStatsValid] = valid ? 1 : 0;
    latest_[kFlags] = known ? static_cast<uint16_t>(answer.ifr_flags) : 0;
    latest_[kSequence]++;
    if (!valid) return false;
    latest_[kReceived] = static_cast<uint32_t>(stats.received - beforeFilter_);
    latest_[kDropped] = stats.dropped;
    latest_[kInterfaceDropped] = stats.interfaceDropped;
    return true;
  }

  void Publish(int index) {
    ReadKernel(false);
    Block& block = *blocks_[index];
    {
      std::lock_guard<std::mutex> lock(mutex_);
      latest_[kProcessed] = static_cast<double>(processed_);
      block.header[kCount] = count_;
      for (int slot : {kProcessed, kReceived, kDropped, kInterfaceDropped, kStatsValid, kSequence, kFlags})
        block.header[slot] = latest_[slot];
      filled_.push_back(index);
    }
    Tell();
  }

  bool ReaderIsIdle() {
    std::lock_guard<std::mutex> lock(mutex_);
    return filled_.empty();
  }

  void Append(Block& block, const PcapHeader& header, const uint8_t* data, uint32_t captured) {
    const uint32_t i = count_++;
    block.offset[i] = static_cast<int32_t>(used_);
    block.captured[i] = static_cast<int32_t>(captured);
    block.wire[i] = static_cast<int32_t>(header.len);
    const int64_t seconds = header.ts.tv_sec;
    const int32_t nanos = static_cast<int32_t>(nanoseconds ? header.ts.tv_usec : header.ts.tv_usec * 1000);
    block.seconds[i] = static_cast<double>(seconds);
    block.nanos[i] = nanos;
    memcpy(block.bytes + used_, data, captured);
    used_ += captured;
    processed_++;
    if (captured < header.len) block.header[kShortened]++;
    if (seconds < lastSeconds_ || (seconds == lastSeconds_ && nanos < lastNanos_)) block.header[kBackwards]++;
    lastSeconds_ = seconds;
    lastNanos_ = nanos;
  }

  // What the kernel had received when the end was decided is still ours; what comes later is not, nor is it counted.
  void BeginEnd() {
    ending_ = true;
    deadlineMs_ = MonotonicMs() + 2 * options_.timeoutMs + 300;
    frozen_ = ReadKernel(true);
    if (!frozen_) return;
    const uint32_t pending = static_cast<uint32_t>(latest_[kReceived]) - static_cast<uint32_t>(latest_[kDropped]) -
                             static_cast<uint32_t>(processed_);
    pending_ = pending < 0x80000000u ? pending : 0;
  }

  void Drain() {
    int index = Acquire();
    int64_t checkedMs = MonotonicMs();
    while (index >= 0) {
      if (!ending_ && stop_.load(std::memory_order_relaxed)) BeginEnd();
      if (ending_ && pending_ == 0) break;
      if (abandon_.load(std::memory_order_relaxed)) return;
      PcapHeader* header = nullptr;
      const uint8_t* data = nullptr;
      const int rc = pcap_->next_ex(handle_, &header, &data);
      if (rc == 1) {
        const uint32_t captured =
            header->caplen < options_.blockBytes ? header->caplen : static_cast<uint32_t>(options_.blockBytes);
        // The packet stays valid in libpcap's ring until the next call, also while we wait for a free block.
        if (count_ == options_.blockFrames || used_ + captured > options_.blockBytes ||
            ((count_ & 63) == 63 && MonotonicMs() - startedMs_ > 100)) {
          Publish(index);
          index = Acquire();
          if (index < 0) return;
        }
        Append(*blocks_[index], *header, data, captured);
        if (ending_) {
          pending_--;
          deadlineMs_ = MonotonicMs() + 2 * options_.timeoutMs + 300;
        }
        continue;
      }
      if (rc < 0) {
        if (!ending_) {
          const int now = InterfaceIndex();
          Fail(now == interfaceIndex_ ? "read" : "gone", rc, pcap_->geterr(handle_));
          BeginEnd();
        }
        if (MonotonicMs() > deadlineMs_) break;
      }
      // The ring is empty. A reader that waits gets what there is; a busy one gets fuller blocks.
      const int64_t now = MonotonicMs();
      if (count_ > 0 && (ReaderIsIdle() || now - startedMs_ > 100)) {
        Publish(index);
        index = Acquire();
        if (index < 0) return;
      }
      if (now - checkedMs >= 500) {
        checkedMs = now;
        ReadKernel(true);
        // Also where libpcap says nothing: another interface of the same name is not the one that was opened.
        if (!ending_ && interfaceIndex_ != 0 && InterfaceIndex() != interfaceIndex_) {
          Fail("gone", kErrorGeneric, "the interface disappeared");
          BeginEnd();
        }
      }
      if (ending_ && now > deadlineMs_) break;
      Wait(rc < 0 || ending_ ? 10 : (count_ > 0 ? 50 : 250), rc < 0);
    }
    if (index >= 0 && count_ > 0) Publish(index);
  }

  void Wait(int timeoutMs, bool sleepOnly) {
    struct pollfd fds[2] = {{wakeFd_, POLLIN, 0}, {fd_, POLLIN, 0}};
    // Once an end has begun the wake-up stays readable, and a socket in error is always ready: just sleep then.
    if (ending_ || sleepOnly) {
      poll(nullptr, 0, timeoutMs);
      return;
    }
    if (poll(fds, 2, timeoutMs) <= 0) return;
    if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
      if (++errors_ > 1) poll(nullptr, 0, 20);  // libpcap reads the error at its next call; do not spin if it does not
    } else {
      errors_ = 0;
    }
  }

  const Options options_;
  const PcapLibrary* const pcap_;
  PcapHandle* handle_ = nullptr;
  int fd_ = -1, wakeFd_ = -1, askFd_ = -1, interfaceIndex_ = 0, errors_ = 0;
  pthread_t thread_{};
  bool started_ = false;
  napi_threadsafe_function tell_ = nullptr;
  std::atomic<bool> telling_{false}, stop_{false}, abandon_{false};
  std::atomic<State> state_{kOpening};

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::deque<int> free_, filled_;
  uint64_t lent_ = 0;
  double latest_[kFigures] = {};

  // The thread's own.
  uint32_t count_ = 0, pending_ = 0, beforeFilter_ = 0;
  size_t used_ = 0;
  uint64_t processed_ = 0;
  int64_t startedMs_ = 0, statsMs_ = 0, deadlineMs_ = 0, lastSeconds_ = 0;
  int32_t lastNanos_ = 0;
  bool ending_ = false, frozen_ = false;
};
