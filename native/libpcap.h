// libpcap as its ABI has stood since 1.5 (pcap/pcap.h, pcap/bpf.h, 2013), loaded by dlopen when a capture is opened: no
// header and no library are needed to build or to import files. The table below is the whole of what is asked of it.
// Left out on purpose: everything that transmits. No such function is declared, looked up or linked in this addon
// (test/tools/live-addon.test.ts reads the built binary for it).
#pragma once

#include <dlfcn.h>
#include <stdint.h>
#include <sys/time.h>

#include <new>
#include <string>
#include <vector>

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

inline const PcapLibrary* LoadPcap(const std::vector<std::string>& names, std::string* error) {
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
