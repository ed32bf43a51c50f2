#include "base/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace sidestream {
namespace {

// A digest that silently were not one could let a strip pass its re-check, so a failure here (no
// memory, SHA-256 switched off by policy) ends the process.
void Require(int openssl_result) {
  if (openssl_result != 1) std::abort();
}

}  // namespace

void Sha256::Release::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  Require(context_ != nullptr ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

Sha256::~Sha256() = default;

void Sha256::Update(std::span<const std::byte> bytes) {
  Require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::array<std::byte, Sha256::kBytes> Sha256::Finish() {
  std::array<std::byte, kBytes> digest{};
  unsigned int written = 0;
  Require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             &written));
  Require(written == kBytes ? 1 : 0);
  return digest;
}

std::string HexFromBytes(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    hex.push_back(kDigits[std::to_integer<unsigned>(byte) >> 4]);
    hex.push_back(kDigits[std::to_integer<unsigned>(byte) & 0xF]);
  }
  return hex;
}

}  // namespace sidestream
