// What the capture needs from the machine besides packets: the names of its interfaces, and giving privileges up.
// Linux only, by system calls: no libcap, and no file of another namespace (sysfs may show one).

#include "host.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace {

Napi::Value Interfaces(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  struct if_nameindex* all = if_nameindex();
  if (all == nullptr) return list;
  const int ask = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  uint32_t n = 0;
  for (struct if_nameindex* one = all; one->if_index != 0 && one->if_name != nullptr; one++) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, one->if_name, IFNAMSIZ - 1);
    const bool known = ask >= 0 && ioctl(ask, SIOCGIFFLAGS, &request) == 0;
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", one->if_name);
    entry.Set("index", one->if_index);
    entry.Set("flags", known ? static_cast<uint16_t>(request.ifr_flags) : 0);
    list.Set(n++, entry);
  }
  if (ask >= 0) close(ask);
  if_freenameindex(all);
  return list;
}

// ---- giving privileges up (no libcap: the system calls themselves) ----------------------------------------------------

bool SetCapabilities(uint32_t keep) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  data[0].effective = data[0].permitted = keep;
  return syscall(SYS_capset, &header, data) == 0;
}

// Threads that exist already get no_new_privs too: the kernel gives it to all of them when a filter (this one allows
// everything) is set with TSYNC (seccomp(2)).
bool NoNewPrivilegesForAllThreads() {
  struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  struct sock_fprog program = {1, &allow};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

// dropPrivileges({uid, gid, keepNetRaw}): uid and gid count only for root. Throws at the first step that fails, and
// what was given up until then stays given up.
Napi::Value DropPrivileges(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto fail = [&env](const char* step) {
    napi_throw_error(env, nullptr, (std::string(step) + ": " + strerror(errno)).c_str());
    return env.Undefined();
  };
  if (!info[0].IsObject()) {
    errno = EINVAL;
    return fail("dropPrivileges");
  }
  const OptionReader options{env, info[0]};
  const bool keepNetRaw = options.Is("keepNetRaw");

  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct held[2];
  memset(held, 0, sizeof held);
  if (syscall(SYS_capget, &header, held) != 0) return fail("capget");
  const uint32_t keep = keepNetRaw ? held[0].permitted & (1u << CAP_NET_RAW) : 0;

  if (held[0].effective & (1u << CAP_SETPCAP)) {
    for (int cap = 0; cap < 64; cap++)
      if (cap != CAP_NET_RAW || !keepNetRaw) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  }
  if (geteuid() == 0) {
    const uint32_t uid = static_cast<uint32_t>(options.Number("uid", 0, 4294967294.0));
    const uint32_t gid = static_cast<uint32_t>(options.Number("gid", 0, 4294967294.0));
    if (uid == 0 || gid == 0) {
      errno = EINVAL;
      return fail("uid and gid of an ordinary user are needed");
    }
    if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail("prctl(PR_SET_KEEPCAPS)");
    // glibc applies these to every thread; leaving uid 0 clears the capabilities of each (capabilities(7)).
    if (setgroups(0, nullptr) != 0) return fail("setgroups");
    if (setresgid(gid, gid, gid) != 0) return fail("setresgid");
    if (setresuid(uid, uid, uid) != 0) return fail("setresuid");
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (!SetCapabilities(keep)) return fail("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("prctl(PR_SET_NO_NEW_PRIVS)");
  return Napi::Boolean::New(env, NoNewPrivilegesForAllThreads());
}

}  // namespace

void AddHost(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaces", Napi::Function::New<Interfaces>(env, "interfaces"));
  exports.Set("dropPrivileges", Napi::Function::New<DropPrivileges>(env, "dropPrivileges"));
}
