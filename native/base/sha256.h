// SHA-256 over the OpenSSL that is part of the Node executable: its symbols are exported, so
// nothing is linked, and the processor's SHA instructions are used where there are any.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace sidestream {

// One digest. Not for use from several threads at once. Nothing may follow Finish().
class Sha256 {
 public:
  static constexpr std::size_t kBytes = 32;

  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::span<const std::byte> bytes);
  std::array<std::byte, kBytes> Finish();

 private:
  struct Release {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Release> context_;
};

// Lower-case hex.
std::string HexFromBytes(std::span<const std::byte> bytes);

}  // namespace sidestream
