// libpcap as its ABI has stood since 1.5 (pcap/pcap.h, pcap/bpf.h, 2013), loaded by dlopen when a capture is opened: no
// header and no library are needed to build or to import files. The table below is the whole of what is asked of it.
// Left out on purpose: everything that transmits. No such function is declared, looked up or linked in this addon
// (test/tools/live-addon.test.ts reads the built binary for it).
#pragma once

#include <dlfcn.h>
#include <stdint.h>
#include <sys/time.h>

#include <string>

struct PcapHandle;
struct PcapHeader { struct timeval ts; uint32_t caplen, len; };
struct PcapStats { uint32_t received, dropped, interfaceDropped; };
struct BpfProgram { uint32_t length; void* instructions; };
constexpr int kErrorBufferSize = 256, kPrecisionNano = 1, kTimestampAdapter = 3, kErrorGeneric = -1;
constexpr uint32_t kNetmaskUnknown = 0xffffffff;

#define PCAP_FUNCTIONS(F)                                                 \
  F(const char*, lib_version, ())                                         \
  F(PcapHandle*, create, (const char*, char*))                            \
  F(int, set_snaplen, (PcapHandle*, int)) F(int, set_promisc, (PcapHandle*, int)) \
  F(int, set_timeout, (PcapHandle*, int)) F(int, set_buffer_size, (PcapHandle*, int)) \
  F(int, set_tstamp_precision, (PcapHandle*, int)) F(int, set_tstamp_type, (PcapHandle*, int)) \
  F(int, get_tstamp_precision, (PcapHandle*))                             \
  F(int, activate, (PcapHandle*))                                         \
  F(void, close, (PcapHandle*))                                           \
  F(char*, geterr, (PcapHandle*))                                         \
  F(const char*, statustostr, (int))                                      \
  F(int, compile, (PcapHandle*, BpfProgram*, const char*, int, uint32_t)) \
  F(int, setfilter, (PcapHandle*, BpfProgram*))                           \
  F(void, freecode, (BpfProgram*))                                        \
  F(int, datalink, (PcapHandle*))                                         \
  F(int, setnonblock, (PcapHandle*, int, char*))                          \
  F(int, next_ex, (PcapHandle*, PcapHeader**, const uint8_t**))           \
  F(int, stats, (PcapHandle*, PcapStats*))                                \
  F(int, get_selectable_fd, (PcapHandle*))

struct PcapLibrary {
#define DECLARE(result, name, arguments) result(*name) arguments = nullptr;
  PCAP_FUNCTIONS(DECLARE)
#undef DECLARE

  // False, with the reason, where there is no library of this name, or another than libpcap.
  bool Load(const std::string& file, std::string* error) {
    void* so = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    const char* reason = so == nullptr ? dlerror() : nullptr;
    bool complete = so != nullptr;
#define RESOLVE(result, name, arguments) \
  complete = complete && (name = reinterpret_cast<result(*) arguments>(dlsym(so, "pcap_" #name))) != nullptr;
    PCAP_FUNCTIONS(RESOLVE)
#undef RESOLVE
    if (!complete) *error = reason != nullptr ? reason : file + " is too old or is not libpcap";
    if (!complete && so != nullptr) dlclose(so);
    return complete;
  }
};
