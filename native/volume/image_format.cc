#include "volume/image_format.h"

#include <array>
#include <cstring>
#include <string_view>

namespace sidestream {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  ImageFormat format;
};

// Order matters once: NTFS first, for its boot code may hold anything further on.
constexpr std::array kSignatures = {
    Signature{3, "NTFS    "sv, ImageFormat::kNtfs},
    Signature{3, "-FVE-FS-"sv, ImageFormat::kBitLocker},
    Signature{3, "ReFS\0\0\0\0"sv, ImageFormat::kRefs},
    Signature{3, "EXFAT   "sv, ImageFormat::kExfat},
    Signature{0, "vhdxfile"sv, ImageFormat::kVhdx},
    Signature{0, "conectix"sv, ImageFormat::kVhd},
    Signature{0, "KDMV"sv, ImageFormat::kVmdk},
    Signature{0, "COWD"sv, ImageFormat::kVmdk},
    Signature{0, "# Disk DescriptorFile"sv, ImageFormat::kVmdk},
    Signature{0, "QFI\xfb"sv, ImageFormat::kQcow},
    Signature{0, "EVF\t\r\n\xff\0"sv, ImageFormat::kEwf},
    Signature{0, "EVF2\r\n\x81\0"sv, ImageFormat::kEwf},
    Signature{0x40, "\x7f\x10\xda\xbe"sv, ImageFormat::kVdi},
    Signature{54, "FAT12   "sv, ImageFormat::kFat},
    Signature{54, "FAT16   "sv, ImageFormat::kFat},
    Signature{54, "FAT     "sv, ImageFormat::kFat},
    Signature{82, "FAT32   "sv, ImageFormat::kFat},
};

}  // namespace

ImageFormat IdentifyImage(std::span<const std::byte> head) {
  for (const Signature& signature : kSignatures) {
    if (signature.offset + signature.bytes.size() <= head.size() &&
        std::memcmp(head.data() + signature.offset, signature.bytes.data(),
                    signature.bytes.size()) == 0) {
      return signature.format;
    }
  }
  return ImageFormat::kUnknown;
}

std::string DescribeImageFormat(ImageFormat format) {
  switch (format) {
    case ImageFormat::kNtfs:
      return "an NTFS volume";
    case ImageFormat::kBitLocker:
      return "a BitLocker volume (-FVE-FS-): encrypted; unlock it first";
    case ImageFormat::kRefs:
      return "a ReFS volume";
    case ImageFormat::kVhdx:
      return "a VHDX container; convert it to a raw image first";
    case ImageFormat::kVhd:
      return "a VHD container; convert it to a raw image first";
    case ImageFormat::kVmdk:
      return "a VMDK container; convert it to a raw image first";
    case ImageFormat::kQcow:
      return "a QCOW2 container; convert it to a raw image first";
    case ImageFormat::kEwf:
      return "an EWF (E01) container; convert it to a raw image first";
    case ImageFormat::kVdi:
      return "a VDI container; convert it to a raw image first";
    case ImageFormat::kExfat:
      return "an exFAT volume, which cannot hold streams";
    case ImageFormat::kFat:
      return "a FAT volume, which cannot hold streams";
    case ImageFormat::kUnknown:
      break;
  }
  return "nothing known";
}

std::string DescribeOemId(std::span<const std::byte> head) {
  if (head.size() < 11) return "only " + std::to_string(head.size()) + " bytes in all";
  std::string text;
  std::string hex;
  for (const std::byte byte : head.subspan(3, 8)) {
    const auto value = std::to_integer<unsigned char>(byte);
    if (value >= 0x20 && value < 0x7F) text += static_cast<char>(value);
    constexpr char kDigits[] = "0123456789abcdef";
    if (!hex.empty()) hex += ' ';
    hex += kDigits[value >> 4];
    hex += kDigits[value & 15];
  }
  return text.size() == 8 ? "\"" + text + "\"" : "bytes " + hex;
}

}  // namespace sidestream
