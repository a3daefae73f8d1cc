{
  "variables": { "sanitize%": "" },
  "targets": [
    {
      "target_name": "capture",
      "sources": ["capture.cc"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden", "-fstack-protector-strong"],
      "cflags_cc": ["-std=gnu++17", "-fno-rtti"],
      "libraries": ["-ldl", "-lpthread"],
      "conditions": [
        ["sanitize!=''", {
          "cflags": ["-fsanitize=<(sanitize)", "-fno-omit-frame-pointer", "-g", "-O1"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }],
        ["sanitize==''", { "defines": ["_FORTIFY_SOURCE=2"], "ldflags": ["-Wl,-z,relro,-z,now"] }]
      ]
    }
  ]
}
