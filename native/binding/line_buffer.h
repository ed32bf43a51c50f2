// One piece of JavaScript memory that the lines of batch after batch are copied to: memory of its
// own for each would be most of the cost of handing them over. JS thread only.

#pragma once

#include <node_api.h>

#include <cstddef>
#include <string_view>

namespace sidestream::binding {

class LineBuffer {
 public:
  LineBuffer() = default;
  ~LineBuffer();
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;

  // A Uint8Array of these bytes, which holds until the next call. Null as in binding/to_js.h.
  napi_value ToJs(napi_env env, std::string_view lines);

 private:
  napi_env env_ = nullptr;
  napi_ref memory_ = nullptr;
  void* bytes_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace sidestream::binding
