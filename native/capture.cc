// Live capture for baseline: libpcap, receive only, as an N-API addon. In: an interface and how to listen on it.
// Out: whole blocks of frames in memory that JavaScript reads in place, with pcap_stats beside them.
//
// One capture = one thread of its own that opens, drains and closes, so JavaScript never waits for the kernel. Blocks
// travel through a bounded ring; when JavaScript is slow the thread stops reading, the kernel's ring buffer fills and
// the kernel counts what it drops. Nothing is lost uncounted, and nothing here grows.
//
// libpcap is loaded by dlopen when a capture is opened: no header and no library are needed to build or to import
// files. Left out on purpose: everything that transmits. No such function is declared, looked up or linked here
// (test/tools/live-capture.test.ts reads the built binary for it), and the socket is never handed to JavaScript.

#include "host.h"

#include <dlfcn.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

// ---- libpcap, as its ABI has stood since 1.5 (pcap/pcap.h, pcap/bpf.h): only what is used -------------------------

struct PcapHandle;
struct PcapHeader {
  struct timeval ts;
  uint32_t caplen;
  uint32_t len;
};
struct PcapStats {
  uint32_t received;
  uint32_t dropped;
  uint32_t interfaceDropped;
};
struct BpfProgram {
  uint32_t length;
  void* instructions;
};

constexpr int kErrorBufferSize = 256;
constexpr uint32_t kNetmaskUnknown = 0xffffffff;
constexpr int kPrecisionNano = 1;
constexpr int kTimestampAdapter = 3;
constexpr int kErrorGeneric = -1;

// Every function of libpcap that is used, in one table: the whole of what this addon can ask of it.
#define PCAP_FUNCTIONS(F)                                              \
  F(const char*, lib_version, ())                                      \
  F(PcapHandle*, create, (const char*, char*))                         \
  F(int, set_snaplen, (PcapHandle*, int))                              \
  F(int, set_promisc, (PcapHandle*, int))                              \
  F(int, set_timeout, (PcapHandle*, int))                              \
  F(int, set_buffer_size, (PcapHandle*, int))                          \
  F(int, set_tstamp_precision, (PcapHandle*, int))                     \
  F(int, get_tstamp_precision, (PcapHandle*))                          \
  F(int, set_tstamp_type, (PcapHandle*, int))                          \
  F(int, activate, (PcapHandle*))                                      \
  F(void, close, (PcapHandle*))                                        \
  F(char*, geterr, (PcapHandle*))                                      \
  F(const char*, statustostr, (int))                                   \
  F(int, compile, (PcapHandle*, BpfProgram*, const char*, int, uint32_t)) \
  F(int, setfilter, (PcapHandle*, BpfProgram*))                        \
  F(void, freecode, (BpfProgram*))                                     \
  F(int, datalink, (PcapHandle*))                                      \
  F(int, setnonblock, (PcapHandle*, int, char*))                       \
  F(int, next_ex, (PcapHandle*, PcapHeader**, const uint8_t**))        \
  F(int, stats, (PcapHandle*, PcapStats*))                             \
  F(int, get_selectable_fd, (PcapHandle*))

struct PcapLibrary {
#define DECLARE(result, name, arguments) result(*name) arguments;
  PCAP_FUNCTIONS(DECLARE)
#undef DECLARE
};

// Never freed: a capture thread may still be inside libpcap while the process runs its exit handlers.
std::mutex* const g_mutex = new std::mutex();
const PcapLibrary* g_library = nullptr;

const PcapLibrary* LoadLibraryLocked(const std::vector<std::string>& names, std::string* error) {
  for (const std::string& name : names) {
    void* so = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (so == nullptr) {
      const char* reason = dlerror();
      *error = reason != nullptr ? reason : name;
      continue;
    }
    auto* lib = new (std::nothrow) PcapLibrary();
    if (lib == nullptr) return nullptr;
    bool complete = true;
#define RESOLVE(result, name, arguments) \
  complete = complete && (lib->name = reinterpret_cast<result(*) arguments>(dlsym(so, "pcap_" #name))) != nullptr;
    PCAP_FUNCTIONS(RESOLVE)
#undef RESOLVE
    if (complete) return lib;
    *error = name + " is too old or is not libpcap";
    delete lib;
    dlclose(so);
  }
  return nullptr;
}

// ---- blocks: the layout is mirrored by src/source/live-addon.ts ----------------------------------------------------

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

int64_t MonotonicMs() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// ---- a session: one interface, one thread ---------------------------------------------------------------------------

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

  bool Start(Napi::ThreadSafeFunction tell) {
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
      if (handle_ != nullptr) ReadKernel(true);
    }
    if (handle_ != nullptr) pcap_->close(handle_);
    handle_ = nullptr;
    SetState(kEnded);
    tell_.Release();
  }

  void SetState(State state) {
    state_.store(state, std::memory_order_release);
    Tell();
  }

  // At most one call is under way: JavaScript looks at everything when it is told anything.
  void Tell() {
    if (telling_.exchange(true, std::memory_order_acq_rel)) return;
    if (tell_.NonBlockingCall() != napi_ok) telling_.store(false, std::memory_order_release);
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
    std::lock_guard<std::mutex> lock(*g_mutex);
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
    if (!force && now - statsMs_ < 100) return true;
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

  // What the kernel had received when the end was decided is still ours; what comes later is not.
  void BeginEnd() {
    ending_ = true;
    deadlineMs_ = MonotonicMs() + 2 * options_.timeoutMs + 300;
    if (!ReadKernel(true)) return;
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
        if (ending_) pending_--;
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
    if (index >= 0 && count_ > 0) {
      ReadKernel(true);
      Publish(index);
    }
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
  Napi::ThreadSafeFunction tell_;
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
  bool ending_ = false;
};

// ---- JavaScript's side -----------------------------------------------------------------------------------------------

class Capture : public Napi::ObjectWrap<Capture> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Capture",
                       {InstanceMethod<&Capture::Memory>("memory"), InstanceMethod<&Capture::State>("state"),
                        InstanceMethod<&Capture::Details>("details"), InstanceMethod<&Capture::Take>("take"),
                        InstanceMethod<&Capture::Release>("release"), InstanceMethod<&Capture::Stats>("stats"),
                        InstanceMethod<&Capture::Stop>("stop"), InstanceMethod<&Capture::Close>("close")});
  }

  explicit Capture(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Capture>(info) {
    Napi::Env env = info.Env();
    const PcapLibrary* library = nullptr;
    {
      std::lock_guard<std::mutex> lock(*g_mutex);
      library = g_library;
    }
    if (library == nullptr || info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
      Napi::TypeError::New(env, "Capture(options, callback), after loadLibrary").ThrowAsJavaScriptException();
      return;
    }
    Napi::Object from = info[0].As<Napi::Object>();
    auto number = [&from](const char* key, double low, double high) {
      const Napi::Value value = from.Get(key);
      const double n = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : low;
      return n >= low ? (n <= high ? n : high) : low;
    };
    Options options;
    options.device = from.Get("device").ToString().Utf8Value();
    options.filter = from.Get("filter").ToString().Utf8Value();
    options.promiscuous = from.Get("promiscuous").ToBoolean();
    options.adapterTimestamps = from.Get("adapterTimestamps").ToBoolean();
    options.snapLength = static_cast<int>(number("snapLength", 64, 262144));
    options.bufferBytes = static_cast<int>(number("bufferBytes", 1 << 16, 1 << 30));
    options.timeoutMs = static_cast<int>(number("timeoutMs", 1, 10000));
    options.blocks = static_cast<size_t>(number("blocks", 2, 64));
    options.blockFrames = static_cast<size_t>(number("blockFrames", 64, 1 << 20)) & ~size_t{15};
    // 64 octets of room above the snap length: libpcap puts VLAN tags back in front of what it cuts.
    options.blockBytes = static_cast<size_t>(number("blockBytes", options.snapLength + 64, 1 << 28));

    session_ = std::make_shared<Session>(std::move(options), library);
    if (!session_->Allocate()) {
      Napi::Error::New(env, "not enough memory for the capture's blocks").ThrowAsJavaScriptException();
      return;
    }
    auto* held = new Held{session_, env};
    Session* session = session_.get();
    Napi::Function callback = info[1].As<Napi::Function>();
    auto tell = Napi::ThreadSafeFunction::New(env, callback, "baseline capture", 0, 1, [](Napi::Env, Held* held) {
      held->session->Join();
      napi_remove_env_cleanup_hook(held->env, StopAtExit, held->session.get());
      delete held;
    }, held);
    napi_add_env_cleanup_hook(env, StopAtExit, session);
    if (!session->Start(tell)) {
      tell.Release();
      Napi::Error::New(env, "no thread can be started for the capture").ThrowAsJavaScriptException();
    }
  }

 private:
  struct Held {
    std::shared_ptr<Session> session;
    napi_env env;
  };

  static void StopAtExit(void* session) { static_cast<Session*>(session)->Join(); }

  // The blocks themselves. Each array keeps its block alive, whatever becomes of the capture.
  Napi::Value Memory(const Napi::CallbackInfo& info) {
    Napi::Array list = Napi::Array::New(info.Env());
    if (handedOut_) return list;
    handedOut_ = true;
    uint32_t i = 0;
    for (const auto& block : session_->blocks()) {
      auto* keep = new std::shared_ptr<Block>(block);
      list.Set(i++, Napi::ArrayBuffer::New(info.Env(), block->memory, block->size,
                                           [](Napi::Env, void*, std::shared_ptr<Block>* kept) { delete kept; }, keep));
    }
    return list;
  }

  Napi::Value State(const Napi::CallbackInfo& info) {
    session_->Told();
    return Napi::Number::New(info.Env(), session_->state());
  }

  Napi::Value Details(const Napi::CallbackInfo& info) {
    Napi::Object out = Napi::Object::New(info.Env());
    const Session& s = *session_;
    if (s.state() == Session::kOpening) return out;
    out.Set("dataLink", s.dataLink);
    out.Set("snapLength", s.snapLength);
    out.Set("nanoseconds", s.nanoseconds);
    out.Set("warning", s.warning);
    if (s.state() != Session::kEnded || s.failureStage.empty()) return out;
    Napi::Object failure = Napi::Object::New(info.Env());
    failure.Set("stage", s.failureStage);
    failure.Set("code", s.failureCode);
    failure.Set("message", s.failureMessage);
    out.Set("failure", failure);
    return out;
  }

  Napi::Value Take(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), session_->Take()); }

  void Release(const Napi::CallbackInfo& info) {
    if (info[0].IsNumber()) session_->Release(info[0].As<Napi::Number>().Int32Value());
  }

  void Stats(const Napi::CallbackInfo& info) {
    if (!info[0].IsTypedArray()) return;
    Napi::TypedArray array = info[0].As<Napi::TypedArray>();
    if (array.TypedArrayType() != napi_float64_array || array.ElementLength() < kFigures) return;
    session_->ReadStats(array.As<Napi::Float64Array>().Data());
  }

  void Stop(const Napi::CallbackInfo&) { session_->Stop(false); }
  void Close(const Napi::CallbackInfo&) { session_->Stop(true); }

  std::shared_ptr<Session> session_;
  bool handedOut_ = false;
};

Napi::Value LoadLibrary(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<std::string> names;
  if (info[0].IsArray()) {
    Napi::Array list = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) names.push_back(list.Get(i).ToString().Utf8Value());
  }
  std::string error = "no name was given";
  std::lock_guard<std::mutex> lock(*g_mutex);
  const PcapLibrary* library = LoadLibraryLocked(names, &error);
  if (library == nullptr) {
    Napi::Error::New(env, error).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  if (g_library == nullptr) g_library = library;
  Napi::String version = Napi::String::New(env, library->lib_version());
  if (g_library != library) delete library;
  return version;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Capture", Capture::Define(env));
  exports.Set("loadLibrary", Napi::Function::New<LoadLibrary>(env, "loadLibrary"));
  AddHost(env, exports);
  return exports;
}

NODE_API_MODULE(capture, Init)

}  // namespace
