// One interface being listened to, by one thread of its own that opens, drains and closes, so JavaScript never waits for
// the kernel. In: how to listen. Out: whole blocks of frames through a bounded ring, pcap_stats beside each. When the
// reader is slow the thread stops reading, the kernel's ring buffer fills, and the kernel counts what it drops: nothing
// is lost uncounted, and nothing here grows. The socket never leaves this file.
#pragma once

#include <net/if.h>
#include <node_api.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "libpcap.h"

// A block, as src/source/live-addon.ts mirrors it:
// header (16 doubles) | seconds f64 | offset i32 | captured i32 | wire i32 | nanos i32 | bytes
constexpr uint32_t kHeaderSlots = 16, kMaxBlocks = 64;
enum Figure { kCount, kShortened, kBackwards, kReceived, kDropped, kInterfaceDropped, kStatsValid, kSequence, kFlags, kFigures };

struct Block {
  Block(uint8_t* memory, size_t frames)
      : header(reinterpret_cast<double*>(memory)), seconds(header + kHeaderSlots),
        offset(reinterpret_cast<int32_t*>(seconds + frames)), captured(offset + frames), wire(captured + frames),
        nanos(wire + frames), bytes(reinterpret_cast<uint8_t*>(nanos + frames)) {}
  static size_t Size(size_t frames, size_t octets) { return (kHeaderSlots * 8 + frames * 24 + octets + 63) / 64 * 64; }
  double *header, *seconds;
  int32_t *offset, *captured, *wire, *nanos;
  uint8_t* bytes;
};

struct Options {
  std::string device, filter;
  uint32_t snapLength, bufferBytes, timeoutMs, blocks, blockFrames, blockBytes;
  bool promiscuous, adapterTimestamps;
};

inline int64_t NowMs() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds(1); }

// libpcap's compiler was not thread safe before 1.8, and opening is rare: one at a time.
inline std::mutex g_opening;

class Session {
 public:
  enum State { kOpening = 0, kOpen = 1, kEnded = 2 };

  Session(Options wanted, const PcapLibrary* library)
      : options(std::move(wanted)), blockSize(Block::Size(options.blockFrames, options.blockBytes)),
        memory(static_cast<uint8_t*>(calloc(options.blocks, blockSize)), free), pcap_(library),
        block_(memory.get(), options.blockFrames), wakeFd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        askFd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}  // only ever asked SIOCGIF...
  ~Session() {
    Join();
    if (wakeFd_ >= 0) close(wakeFd_);
    if (askFd_ >= 0) close(askFd_);
  }

  const Options options;
  const size_t blockSize;
  const std::shared_ptr<uint8_t> memory;
  // Written by the thread before the state changes, read by JavaScript after it has seen the change.
  struct { std::string stage, message; int code; } failure{};
  std::string warning;
  int dataLink = -1;
  bool nanoseconds = false;

  State state() const { return state_; }
  void Told() { telling_ = false; }

  bool Start(napi_threadsafe_function tell) {
    tell_ = tell;
    // Signals are JavaScript's business: the thread starts with all of them blocked.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started_ = memory != nullptr && wakeFd_ >= 0 && pthread_create(&thread_, nullptr, Run, this) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started_;
  }

  // Graceful: what the kernel has already received is still handed over. `abandon`: leave at once.
  void Stop(bool abandon) {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    if (abandon) abandon_ = true;
    freed_.notify_one();
    eventfd_write(wakeFd_, 1);
  }

  void Join() {
    if (!started_) return;
    Stop(true);
    pthread_join(thread_, nullptr);
    started_ = false;
  }

  // Blocks go round in the order of their numbers: filled, taken, given back.
  int Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (ring_[takeAt_] != kFilled) return -1;
    const uint32_t index = takeAt_;
    ring_[index] = kTaken;
    takeAt_ = (index + 1) % options.blocks;
    return static_cast<int>(index);
  }

  // Only a block that was taken goes back, and only once, whatever the caller does.
  void Release(int index) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (index < 0 || static_cast<uint32_t>(index) >= options.blocks || ring_[index] != kTaken) return;
    ring_[index] = kFree;
    freed_.notify_one();
  }

  void ReadFigures(double* out) {
    std::lock_guard<std::mutex> lock(mutex_);
    memcpy(out, figures_, sizeof figures_);
  }

 private:
  static void* Run(void* session) {
    Session& self = *static_cast<Session*>(session);
    if (self.Open()) self.Drain();
    if (self.handle_ != nullptr) self.pcap_->close(self.handle_);
    self.Tell(kEnded);
    return napi_release_threadsafe_function(self.tell_, napi_tsfn_release), nullptr;
  }

  // At most one call is under way: JavaScript looks at everything when it is told anything.
  void Tell(State state) {
    state_ = state;
    if (!telling_.exchange(true) && napi_call_threadsafe_function(tell_, nullptr, napi_tsfn_nonblocking) != napi_ok) Told();
  }

  bool Fail(const char* stage, int code, const std::string& message) { return failure = {stage, message, code}, false; }

  // Nought where there is no such interface.
  struct ifreq Ask(unsigned long what) const {
    struct ifreq answer{};
    strncpy(answer.ifr_name, options.device.c_str(), IFNAMSIZ - 1);
    ioctl(askFd_, what, &answer);
    return answer;
  }

  bool Open() {
    std::lock_guard<std::mutex> lock(g_opening);
    char error[kErrorBufferSize] = "";
    interfaceIndex_ = Ask(SIOCGIFINDEX).ifr_ifindex;
    handle_ = pcap_->create(options.device.c_str(), error);
    if (handle_ == nullptr) return Fail("open", kErrorGeneric, error);
    pcap_->set_snaplen(handle_, options.snapLength);
    pcap_->set_promisc(handle_, options.promiscuous);
    pcap_->set_timeout(handle_, options.timeoutMs);
    pcap_->set_buffer_size(handle_, options.bufferBytes);
    pcap_->set_tstamp_precision(handle_, kPrecisionNano);
    if (options.adapterTimestamps && pcap_->set_tstamp_type(handle_, kTimestampAdapter) != 0)
      warning = "the interface has no timestamps of its own; the kernel's are used";
    const int rc = pcap_->activate(handle_);
    if (rc < 0) {
      const char* detail = pcap_->geterr(handle_);
      return Fail("open", rc, detail != nullptr && detail[0] != 0 ? detail : pcap_->statustostr(rc));
    }
    if (rc > 0 && warning.empty()) warning = pcap_->statustostr(rc);
    dataLink = pcap_->datalink(handle_);
    nanoseconds = pcap_->get_tstamp_precision(handle_) == kPrecisionNano;
    if (!options.filter.empty()) {
      BpfProgram program{};
      const bool compiled = pcap_->compile(handle_, &program, options.filter.c_str(), 1, kNetmaskUnknown) == 0;
      const bool set = compiled && pcap_->setfilter(handle_, &program) == 0;
      if (compiled) pcap_->freecode(&program);
      if (!set) return Fail("filter", kErrorGeneric, pcap_->geterr(handle_));
      // The kernel counted what came before the filter stood; libpcap has thrown it away, and it was never asked for.
      PcapStats before{};
      if (pcap_->stats(handle_, &before) == 0) beforeFilter_ = before.received - before.dropped;
    }
    if (pcap_->setnonblock(handle_, 1, error) != 0) return Fail("open", kErrorGeneric, error);
    fd_ = pcap_->get_selectable_fd(handle_);
    return fd_ >= 0 || Fail("open", kErrorGeneric, "libpcap gives no descriptor to wait on for this interface");
  }

  // pcap_stats reads two files of the interface besides the socket, so not more often than ten times a second.
  bool ReadKernel() {
    PcapStats stats{};
    const bool valid = pcap_->stats(handle_, &stats) == 0;
    const auto flags = static_cast<uint16_t>(Ask(SIOCGIFFLAGS).ifr_flags);
    statsMs_ = NowMs();
    std::lock_guard<std::mutex> lock(mutex_);
    figures_[kStatsValid] = valid;
    figures_[kFlags] = flags;
    figures_[kSequence]++;
    if (!valid) return false;
    figures_[kReceived] = stats.received - beforeFilter_;
    figures_[kDropped] = stats.dropped;
    figures_[kInterfaceDropped] = stats.interfaceDropped;
    return true;
  }

  // Waiting here is the back-pressure: the kernel's ring buffer takes over, and then its drop counter.
  bool BeginBlock() {
    std::unique_lock<std::mutex> lock(mutex_);
    freed_.wait(lock, [this] { return abandon_ || ring_[fillAt_] == kFree; });
    block_ = Block(memory.get() + fillAt_ * blockSize, options.blockFrames);
    block_.header[kShortened] = block_.header[kBackwards] = 0;
    count_ = used_ = 0;
    startedMs_ = NowMs();
    return !abandon_;
  }

  void EndBlock() {
    if (!ending_ && NowMs() - statsMs_ >= 100) ReadKernel();
    std::unique_lock<std::mutex> lock(mutex_);
    block_.header[kCount] = count_;
    memcpy(block_.header + kReceived, figures_ + kReceived, sizeof figures_ - kReceived * sizeof(double));
    ring_[fillAt_] = kFilled;
    fillAt_ = (fillAt_ + 1) % options.blocks;
    lock.unlock();
    Tell(kOpen);
  }
  bool NextBlock() { return EndBlock(), BeginBlock(); }

  bool ReaderIsIdle() {
    std::lock_guard<std::mutex> lock(mutex_);
    return ring_[takeAt_] != kFilled;
  }

  void Append(const PcapHeader& header, const uint8_t* data, uint32_t captured) {
    const std::pair<int64_t, int32_t> time(header.ts.tv_sec, nanoseconds ? header.ts.tv_usec : header.ts.tv_usec * 1000);
    block_.offset[count_] = static_cast<int32_t>(used_);
    block_.captured[count_] = static_cast<int32_t>(captured);
    block_.wire[count_] = static_cast<int32_t>(header.len);
    block_.seconds[count_] = static_cast<double>(time.first);
    block_.nanos[count_] = time.second;
    memcpy(block_.bytes + used_, data, captured);
    used_ += captured;
    count_++;
    processed_++;
    if (captured < header.len) block_.header[kShortened]++;
    if (time < lastTime_) block_.header[kBackwards]++;
    lastTime_ = time;
  }

  // What the kernel had received when the end was decided is still ours; what comes later is not, nor is it counted.
  void BeginEnd() {
    const bool known = ReadKernel();
    const double delivered = figures_[kReceived] - figures_[kDropped];
    const auto pending = static_cast<uint32_t>(static_cast<int64_t>(delivered) - static_cast<int64_t>(processed_));
    pending_ = known && pending < 0x80000000u ? pending : 0;
    ending_ = true;
    endedMs_ = NowMs();
  }

  void Drain() {
    ReadKernel();
    Tell(kOpen);
    bool held = BeginBlock();
    while (held) {
      if (!ending_ && stop_) BeginEnd();
      if ((ending_ && pending_ == 0) || abandon_) break;
      PcapHeader* header = nullptr;
      const uint8_t* data = nullptr;
      const int rc = pcap_->next_ex(handle_, &header, &data);
      if (rc == 1) {
        const uint32_t captured = header->caplen < options.blockBytes ? header->caplen : options.blockBytes;
        const bool isLate = (count_ & 63) == 63 && NowMs() - startedMs_ > 100;
        // The packet stays valid in libpcap's ring until the next call, also while we wait for a free block.
        if ((isLate || count_ == options.blockFrames || used_ + captured > options.blockBytes) && !(held = NextBlock())) break;
        Append(*header, data, captured);
        if (ending_) pending_--, endedMs_ = NowMs();
        continue;
      }
      const int64_t now = NowMs();
      if (!ending_ && (rc < 0 || now - statsMs_ >= 500)) {
        // Also where libpcap says nothing: another interface of the same name is not the one that was opened.
        const bool isGone = interfaceIndex_ != 0 && Ask(SIOCGIFINDEX).ifr_ifindex != interfaceIndex_;
        if (rc < 0 || isGone) {
          Fail(isGone ? "gone" : "read", rc < 0 ? rc : kErrorGeneric, rc < 0 ? pcap_->geterr(handle_) : "the interface disappeared");
          BeginEnd();
        } else {
          ReadKernel();
        }
      }
      // The ring is empty. A reader that waits gets what there is; a busy one gets fuller blocks.
      if (count_ > 0 && (ReaderIsIdle() || now - startedMs_ > 100) && !(held = NextBlock())) break;
      if (ending_ && now - endedMs_ > 2 * options.timeoutMs + 300) break;
      // Once an end has begun the wake-up stays readable, and a socket in error is always ready: just sleep then.
      struct pollfd fds[2] = {{wakeFd_, POLLIN, 0}, {fd_, POLLIN, 0}};
      if (poll(fds, ending_ ? 0 : 2, ending_ ? 10 : count_ > 0 ? 50 : 250) > 0 && (fds[1].revents & ~POLLIN) != 0) poll(fds, 0, 20);
    }
    if (held && count_ > 0 && !abandon_) EndBlock();
  }

  enum BlockState : uint8_t { kFree, kFilled, kTaken };

  const PcapLibrary* const pcap_;
  Block block_;  // the one being filled
  const int wakeFd_, askFd_;
  napi_threadsafe_function tell_ = nullptr;
  pthread_t thread_{};
  bool started_ = false;
  std::atomic<bool> telling_{false}, stop_{false}, abandon_{false};
  std::atomic<State> state_{kOpening};
  std::mutex mutex_;  // guards the ring and the figures
  std::condition_variable freed_;
  BlockState ring_[kMaxBlocks] = {};
  uint32_t takeAt_ = 0, fillAt_ = 0;
  double figures_[kFigures] = {};
  // The thread's own; count and used are the block's.
  PcapHandle* handle_ = nullptr;
  int fd_ = -1, interfaceIndex_ = 0;
  uint32_t count_ = 0, used_ = 0, pending_ = 0, beforeFilter_ = 0;
  uint64_t processed_ = 0;
  int64_t startedMs_ = 0, statsMs_ = 0, endedMs_ = 0;
  std::pair<int64_t, int32_t> lastTime_{0, 0};
  bool ending_ = false;
};
