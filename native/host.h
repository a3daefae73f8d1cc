// Adds interfaces() and dropPrivileges() to the addon; and how options are read, everywhere in it.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

void AddHost(Napi::Env env, Napi::Object exports);

// Reading by the C functions, which may fail without a word: while a worker thread is being ended every call into
// JavaScript fails, and the C++ wrappers would abort the process over it. What cannot be read is its default.
struct OptionReader {
  napi_env env;
  napi_value object;

  napi_value Get(const char* key) const {
    napi_value value = nullptr;
    return napi_get_named_property(env, object, key, &value) == napi_ok ? value : nullptr;
  }
  bool Is(const char* key) const {
    bool value = false;
    const napi_value from = Get(key);
    return from != nullptr && napi_get_value_bool(env, from, &value) == napi_ok && value;
  }
  // Within [low, high]; low where it is no number.
  double Number(const char* key, double low, double high) const {
    double n = low;
    const napi_value from = Get(key);
    if (from == nullptr || napi_get_value_double(env, from, &n) != napi_ok || !(n >= low)) return low;
    return n <= high ? n : high;
  }
  std::string Text(const char* key) const { return Text(env, Get(key)); }
  static std::string Text(napi_env env, napi_value from) {
    size_t length = 0;
    if (from == nullptr || napi_get_value_string_utf8(env, from, nullptr, 0, &length) != napi_ok) return "";
    std::string text(length, '\0');
    napi_get_value_string_utf8(env, from, &text[0], length + 1, &length);
    return text;
  }
};
