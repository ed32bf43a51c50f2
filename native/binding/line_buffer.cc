#include "binding/line_buffer.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sidestream::binding {
namespace {

// Of a batch of ordinary lines.
constexpr std::size_t kUsualBytes = 1 << 20;

}  // namespace

LineBuffer::~LineBuffer() {
  if (memory_ != nullptr) napi_delete_reference(env_, memory_);
}

napi_value LineBuffer::ToJs(napi_env env, std::string_view lines) {
  napi_value memory = nullptr;
  if (lines.size() > capacity_ || memory_ == nullptr) {
    const std::size_t capacity = std::bit_ceil(std::max(lines.size(), kUsualBytes));
    if (napi_create_arraybuffer(env, capacity, &bytes_, &memory) != napi_ok) return nullptr;
    if (memory_ != nullptr) napi_delete_reference(env, memory_);
    memory_ = nullptr;
    capacity_ = capacity;
    env_ = env;
    if (napi_create_reference(env, memory, 1, &memory_) != napi_ok) return nullptr;
  } else if (napi_get_reference_value(env, memory_, &memory) != napi_ok) {
    return nullptr;
  }
  if (!lines.empty()) std::memcpy(bytes_, lines.data(), lines.size());
  napi_value array = nullptr;
  napi_create_typedarray(env, napi_uint8_array, lines.size(), memory, 0, &array);
  return array;
}

}  // namespace sidestream::binding
