// Lends JavaScript the memory of finished lines, batch after batch: neither copied nor made anew
// for each, which would be most of the cost of handing them over. JS thread only.

#pragma once

#include <node_api.h>

#include <memory>

#include "base/byte_buffer.h"

namespace sidestream::binding {

class LineBuffer {
 public:
  LineBuffer() = default;
  ~LineBuffer();
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;

  // A Uint8Array of these bytes. It is theirs until TakeBack(), and as long as it lives otherwise.
  // Null as in binding/to_js.h.
  napi_value Lend(napi_env env, ByteBuffer lines);

  // The memory last lent, to be filled again; the array over it is empty from now on. Nothing if
  // none was lent or it cannot be taken away.
  ByteBuffer TakeBack(napi_env env);

 private:
  std::shared_ptr<ByteBuffer> lent_;
  napi_env env_ = nullptr;
  napi_ref array_buffer_ = nullptr;
};

}  // namespace sidestream::binding
