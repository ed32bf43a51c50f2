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

// Found once: EVP_sha256() would be looked up for each digest, at half the price of a small one.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return algorithm;
}

}  // namespace

void Sha256::Release::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  const bool is_ready = context_ != nullptr && Algorithm() != nullptr;
  Require(is_ready ? EVP_DigestInit_ex(context_.get(), Algorithm(), nullptr) : 0);
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
  std::string hex(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(bytes[i]);
    hex[2 * i] = kDigits[byte >> 4];
    hex[2 * i + 1] = kDigits[byte & 0xF];
  }
  return hex;
}

}  // namespace sidestream
