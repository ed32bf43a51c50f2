// The columns of native/carry-out.ts as operations, and results as columns.

#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "streams/carry_out.h"

namespace sidestream::binding {

// `OperationColumns` of carryOut. Nothing after a TypeError, which is then pending.
std::optional<std::vector<Operation>> OperationsArgument(const Napi::CallbackInfo& info,
                                                         std::size_t index, const char* what);

// `ResultColumns`, made where the work is done: the JS thread has enough to do.
struct ResultColumns {
  explicit ResultColumns(std::vector<OperationResult> results);

  std::vector<std::uint8_t> outcomes;
  std::vector<std::uint8_t> flags;
  std::vector<double> sizes;
  std::vector<std::int64_t> modified_ns;
  std::vector<std::byte> content;
  std::vector<double> content_ends;
  std::string sha256;
  // Row and value.
  std::vector<std::pair<std::size_t, StreamError>> errors;
  std::vector<std::pair<std::size_t, std::vector<std::u16string>>> names;

 private:
  void Add(OperationResult result);
};
napi_value ToJs(napi_env env, const ResultColumns& columns);

}  // namespace sidestream::binding
