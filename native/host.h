#pragma once

#include <napi.h>

// Adds interfaces() and dropPrivileges() to the addon.
void AddHost(Napi::Env env, Napi::Object exports);
