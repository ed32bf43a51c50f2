#include "binding/line_buffer.h"

#include <utility>

namespace sidestream::binding {
namespace {

void Release(napi_env, void*, void* held) {
  delete static_cast<std::shared_ptr<ByteBuffer>*>(held);
}

}  // namespace

LineBuffer::~LineBuffer() {
  if (array_buffer_ != nullptr) napi_delete_reference(env_, array_buffer_);
}

napi_value LineBuffer::Lend(napi_env env, ByteBuffer lines) {
  auto lent = std::make_shared<ByteBuffer>(std::move(lines));
  // JavaScript's own share in the memory: whoever keeps the array reads what was lent or nothing.
  auto held = std::make_unique<std::shared_ptr<ByteBuffer>>(lent);
  napi_value array_buffer = nullptr;
  napi_value array = nullptr;
  if (lent->empty()) {
    void* none = nullptr;
    napi_create_arraybuffer(env, 0, &none, &array_buffer);
    napi_create_typedarray(env, napi_uint8_array, 0, array_buffer, 0, &array);
    return array;
  }
  if (napi_create_external_arraybuffer(env, lent->data(), lent->size(), Release, held.get(),
                                       &array_buffer) != napi_ok) {
    return nullptr;
  }
  held.release();
  if (napi_create_reference(env, array_buffer, 1, &array_buffer_) == napi_ok) {
    env_ = env;
    lent_ = std::move(lent);
  }
  napi_create_typedarray(env, napi_uint8_array, lent_ ? lent_->size() : 0, array_buffer, 0, &array);
  return array;
}

ByteBuffer LineBuffer::TakeBack(napi_env env) {
  const std::shared_ptr<ByteBuffer> lent = std::exchange(lent_, nullptr);
  napi_ref reference = std::exchange(array_buffer_, nullptr);
  if (reference == nullptr) return {};
  napi_value array_buffer = nullptr;
  const bool is_taken = napi_get_reference_value(env, reference, &array_buffer) == napi_ok &&
                        array_buffer != nullptr &&
                        napi_detach_arraybuffer(env, array_buffer) == napi_ok;
  napi_delete_reference(env, reference);
  return is_taken ? std::move(*lent) : ByteBuffer();
}

}  // namespace sidestream::binding
