// The addon as JavaScript sees it: class Capture over a Session (session.h), and loading libpcap. src/source/live-addon.ts
// is its typed door. One environment (the main thread, or a worker) may hold any number of captures; when it ends, its
// captures end with it. Receive only: see libpcap.h.

#include "host.h"
#include "session.h"

namespace {

const PcapLibrary* g_library = nullptr;  // guarded by OpeningMutex, and never unloaded

Napi::Value Throw(Napi::Env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return env.Undefined();
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
    const PcapLibrary* library = nullptr;
    {
      std::lock_guard<std::mutex> lock(OpeningMutex());
      library = g_library;
    }
    if (library == nullptr || !info[0].IsObject() || !info[1].IsFunction()) {
      Throw(env, "Capture(options, callback), after loadLibrary");
      return;
    }
    const OptionReader from{env, info[0]};
    Options options;
    options.device = from.Text("device");
    options.filter = from.Text("filter");
    options.promiscuous = from.Is("promiscuous");
    options.adapterTimestamps = from.Is("adapterTimestamps");
    options.snapLength = static_cast<int>(from.Number("snapLength", 64, 262144));
    options.bufferBytes = static_cast<int>(from.Number("bufferBytes", 1 << 16, 1 << 30));
    options.timeoutMs = static_cast<int>(from.Number("timeoutMs", 1, 10000));
    options.blocks = static_cast<size_t>(from.Number("blocks", 2, 64));
    options.blockFrames = static_cast<size_t>(from.Number("blockFrames", 64, 1 << 20)) & ~size_t{15};
    // 64 octets of room above the snap length: libpcap puts VLAN tags back in front of what it cuts.
    options.blockBytes = static_cast<size_t>(from.Number("blockBytes", options.snapLength + 64, 1 << 28));

    auto session = std::make_shared<Session>(std::move(options), library);
    if (!session->Allocate()) {
      Throw(env, "not enough memory for the capture's blocks");
      return;
    }
    auto* held = new Held{session, env};
    napi_value name = nullptr;
    napi_threadsafe_function tell = nullptr;
    if (napi_create_string_utf8(env, "baseline capture", NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_create_threadsafe_function(env, info[1], nullptr, name, 0, 1, held, Finish, nullptr, CallBack, &tell) !=
            napi_ok) {
      delete held;
      Throw(env, "no callback can be made for the capture");
      return;
    }
    session_ = std::move(session);
    napi_add_env_cleanup_hook(env, StopAtExit, session_.get());
    if (!session_->Start(tell)) {
      napi_release_threadsafe_function(tell, napi_tsfn_release);
      Throw(env, "no thread can be started for the capture");
    }
  }

 private:
  struct Held {
    std::shared_ptr<Session> session;
    napi_env env;
  };

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

  // The blocks themselves, given once. Each array keeps its block alive, whatever becomes of the capture.
  Napi::Value Memory(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    napi_value list = nullptr;
    if (napi_create_array(env, &list) != napi_ok) return env.Undefined();
    if (handedOut_) return Napi::Value(env, list);
    handedOut_ = true;
    uint32_t i = 0;
    for (const auto& block : session_->blocks()) {
      auto* keep = new std::shared_ptr<Block>(block);
      auto letGo = [](napi_env, void*, void* kept) { delete static_cast<std::shared_ptr<Block>*>(kept); };
      napi_value array = nullptr;
      if (napi_create_external_arraybuffer(env, block->memory, block->size, letGo, keep, &array) != napi_ok)
        return Throw(env, "this runtime allows no memory of an addon's own");
      napi_set_element(env, list, i++, array);
    }
    return Napi::Value(env, list);
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
    int32_t block = -1;
    if (napi_get_value_int32(info.Env(), info[0], &block) == napi_ok) session_->Release(block);
  }

  void Stats(const Napi::CallbackInfo& info) {
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(info.Env(), info[0], &type, &length, &data, nullptr, nullptr) != napi_ok) return;
    if (type == napi_float64_array && length >= kFigures && data != nullptr) session_->ReadStats(static_cast<double*>(data));
  }

  void Stop(const Napi::CallbackInfo&) { session_->Stop(false); }
  void Close(const Napi::CallbackInfo&) { session_->Stop(true); }

  std::shared_ptr<Session> session_;
  bool handedOut_ = false;
};

Napi::Value LoadLibrary(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<std::string> names;
  uint32_t count = 0;
  if (napi_get_array_length(env, info[0], &count) != napi_ok) count = 0;
  for (uint32_t i = 0; i < count && i < 16; i++) {
    napi_value name = nullptr;
    if (napi_get_element(env, info[0], i, &name) == napi_ok) names.push_back(OptionReader::Text(env, name));
  }
  std::string error = "no name was given";
  std::lock_guard<std::mutex> lock(OpeningMutex());
  const PcapLibrary* library = LoadPcap(names, &error);
  if (library == nullptr) return Throw(env, error.c_str());
  Napi::String version = Napi::String::New(env, library->lib_version());
  if (g_library == nullptr) g_library = library;
  else delete library;
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
