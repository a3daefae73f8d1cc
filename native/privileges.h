// Giving privileges up, by the system calls themselves: no libcap. Linux only.
#pragma once

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <napi.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// dropPrivileges(keepNetRaw, uid, gid): the ids count only for root. Throws at the first step that fails, and what was
// given up until then stays given up.
inline Napi::Value DropPrivileges(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto fail = [env](const std::string& step) {
    napi_throw_error(env, nullptr, (step + ": " + strerror(errno)).c_str());
    return env.Undefined();
  };
  bool keepNetRaw = false;
  uint32_t uid = 0, gid = 0;
  napi_get_value_bool(env, info[0], &keepNetRaw);
  napi_get_value_uint32(env, info[1], &uid);
  napi_get_value_uint32(env, info[2], &gid);

  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return fail("capget");
  const uint32_t keep = keepNetRaw ? sets[0].permitted & 1u << CAP_NET_RAW : 0;
  for (int cap = 0; (sets[0].effective & 1u << CAP_SETPCAP) != 0 && cap < 64; cap++)
    if (cap != CAP_NET_RAW || !keepNetRaw) prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  if (geteuid() == 0) {
    errno = EINVAL;
    if (uid == 0 || gid == 0) return fail("uid and gid of an ordinary user are needed");
    if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail("prctl(PR_SET_KEEPCAPS)");
    // glibc applies these to every thread; leaving uid 0 clears the capabilities of each (capabilities(7)).
    if (setgroups(0, nullptr) != 0) return fail("setgroups");
    if (setresgid(gid, gid, gid) != 0) return fail("setresgid");
    if (setresuid(uid, uid, uid) != 0) return fail("setresuid");
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_data_struct left[2] = {{keep, keep, 0}, {0, 0, 0}};
  if (syscall(SYS_capset, &header, left) != 0) return fail("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("prctl(PR_SET_NO_NEW_PRIVS)");
  // Threads that exist already get no_new_privs too: the kernel gives it to all of them when a filter (this one allows
  // everything) is set with TSYNC (seccomp(2)). Where it cannot, the caller sees it in /proc.
  struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  struct sock_fprog program = {1, &allow};
  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return env.Undefined();
}
