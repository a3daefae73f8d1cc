// The addon as JavaScript sees it: class Capture over a Session (session.h), loading libpcap, giving privileges up.
// src/source/live-addon.ts is its typed door. One environment (the main thread, or a worker) may hold any number of
// captures; when it ends, its captures end with it. Receive only: see libpcap.h. The C functions of Node-API are called
// where C++ wrappers would abort the process: every call into JavaScript fails while a worker is being ended.

#include <napi.h>
#include <sys/file.h>

#include "privileges.h"
#include "session.h"

namespace {

std::atomic<const PcapLibrary*> g_library{nullptr};  // never unloaded

Napi::Value Throw(Napi::Env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return env.Undefined();
}

std::string Text(const Napi::Value& from) { return from.IsString() ? from.As<Napi::String>().Utf8Value() : ""; }

// The numbers of a Float64Array that has at least so many, or nullptr.
double* Numbers(const Napi::Value& from, size_t least) {
  if (!from.IsTypedArray() || from.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) return nullptr;
  auto numbers = from.As<Napi::Float64Array>();
  return numbers.ElementLength() >= least ? numbers.Data() : nullptr;
}

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
    const double* numbers = Numbers(info[2], 8);
    if (g_library == nullptr || numbers == nullptr || !info[3].IsFunction()) {
      Throw(env, "Capture(device, filter, numbers, callback), after loadLibrary");
      return;
    }
    // Within the limits, whatever was given; the lower one where it is no number.
    auto within = [numbers](int slot, double low, double high) {
      return static_cast<uint32_t>(numbers[slot] >= low ? (numbers[slot] <= high ? numbers[slot] : high) : low);
    };
    const uint32_t snapLength = within(0, 64, 262144);
    // 64 octets of room above the snap length: libpcap puts VLAN tags back in front of what it cuts.
    Options options{Text(info[0]), Text(info[1]), snapLength, within(1, 1 << 16, 1 << 30), within(2, 1, 10000),
                    within(3, 2, kMaxBlocks), within(4, 64, 1 << 20) & ~15u, within(5, snapLength + 64, 1 << 28),
                    numbers[6] == 1, numbers[7] == 1};
    session_ = std::make_shared<Session>(std::move(options), g_library);
    auto* held = new Held{session_, env};
    napi_value name = nullptr;
    napi_threadsafe_function tell = nullptr;
    if (napi_create_string_utf8(env, "baseline capture", NAPI_AUTO_LENGTH, &name) == napi_ok &&
        napi_create_threadsafe_function(env, info[3], nullptr, name, 0, 1, held, Finish, nullptr, CallBack, &tell) == napi_ok) {
      napi_add_env_cleanup_hook(env, StopAtExit, session_.get());
      if (session_->Start(tell)) return;
      napi_release_threadsafe_function(tell, napi_tsfn_release);
    } else {
      delete held;
    }
    Throw(env, "no memory or no thread for the capture");
  }

 private:
  struct Held { std::shared_ptr<Session> session; napi_env env; };

  static void CallBack(napi_env env, napi_value callback, void*, void*) {
    napi_value self = nullptr;
    if (env == nullptr || callback == nullptr || napi_get_undefined(env, &self) != napi_ok) return;
    napi_call_function(env, self, callback, 0, nullptr, nullptr);
  }

  // The thread has let go of the callback, as the last thing it does, or the environment is ending.
  static void Finish(napi_env, void* data, void*) {
    auto* held = static_cast<Held*>(data);
    held->session->Join();
    napi_remove_env_cleanup_hook(held->env, StopAtExit, held->session.get());
    delete held;
  }

  static void StopAtExit(void* session) { static_cast<Session*>(session)->Join(); }

  // The blocks, one after another, given once. The array keeps them alive, whatever becomes of the capture.
  Napi::Value Memory(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (handedOut_) return env.Undefined();
    handedOut_ = true;
    using Keep = std::shared_ptr<uint8_t>;
    const auto letGo = [](napi_env, void*, void* kept) { delete static_cast<Keep*>(kept); };
    const Session& s = *session_;
    napi_value array = nullptr;
    if (napi_create_external_arraybuffer(env, s.memory.get(), s.options.blocks * s.blockSize, letGo, new Keep(s.memory), &array) != napi_ok)
      return Throw(env, "this runtime allows no memory of an addon's own");
    return Napi::Value(env, array);
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
    out.Set("nanoseconds", s.nanoseconds);
    out.Set("warning", s.warning);
    if (s.state() != Session::kEnded || s.failure.stage.empty()) return out;
    Napi::Object failure = Napi::Object::New(info.Env());
    failure.Set("stage", s.failure.stage);
    failure.Set("code", s.failure.code);
    failure.Set("message", s.failure.message);
    out.Set("failure", failure);
    return out;
  }

  Napi::Value Take(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), session_->Take()); }

  void Release(const Napi::CallbackInfo& info) {
    int32_t block = -1;
    if (napi_get_value_int32(info.Env(), info[0], &block) == napi_ok) session_->Release(block);
  }

  void Stats(const Napi::CallbackInfo& info) { if (double* into = Numbers(info[0], kFigures)) session_->ReadFigures(into); }
  void Stop(const Napi::CallbackInfo&) { session_->Stop(false); }
  void Close(const Napi::CallbackInfo&) { session_->Stop(true); }

  std::shared_ptr<Session> session_;
  bool handedOut_ = false;
};

Napi::Value LoadLibrary(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string error = "no name was given";
  std::lock_guard<std::mutex> lock(g_opening);
  static PcapLibrary library;
  for (size_t i = 0; i < info.Length() && g_library == nullptr; i++)
    if (library.Load(Text(info[i]), &error)) g_library = &library;
  return g_library == nullptr ? Throw(env, error) : Napi::String::New(env, library.lib_version());
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Capture", Capture::Define(env));
  exports.Set("loadLibrary", Napi::Function::New<LoadLibrary>(env, "loadLibrary"));
  exports.Set("dropPrivileges", Napi::Function::New<DropPrivileges>(env, "dropPrivileges"));
  // flock(2). A file system that knows no such locks refuses nobody.
  exports.Set("lock", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), flock(info[0].ToNumber(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK);
  }));
  return exports;
}

NODE_API_MODULE(capture, Init)

}  // namespace
