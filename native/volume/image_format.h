// Tells by its first bytes what an image or partition is, where it is not a plain NTFS volume.
//
//   offset  bytes             what
//   ------  ----------------  ----------------------------------------------
//        0  "vhdxfile"        VHDX                      [MS-VHDX] 2.2.1
//        0  "conectix"        VHD, dynamic (a copy of its footer)
//     -512  "conectix"        VHD, fixed: a raw disk with a footer
//        0  "KDMV" / "COWD"   VMDK, sparse extent
//        0  "# Disk Descript" VMDK, descriptor
//        0  "QFI\xfb"         QCOW2                     QEMU docs/interop/qcow2
//        0  "EVF\t\r\n\xff\0" EWF (E01); "EVF2" Ex01    libewf
//     0x40  7f 10 da be       VDI
//        3  "-FVE-FS-"        BitLocker                 libbde
//        3  "EXFAT   "        exFAT
//        3  "ReFS\0\0\0\0"    ReFS
//    54/82  "FAT"             FAT12/16, FAT32

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sidestream {

enum class ImageFormat {
  kUnknown,
  kNtfs,
  // May hold streams, but this build cannot read it: never to be passed over silently.
  kBitLocker,
  kRefs,
  kVhdx,
  kVhd,
  kVmdk,
  kQcow,
  kEwf,
  kVdi,
  // Cannot hold streams.
  kExfat,
  kFat,
};

// `head` is the start of the image or partition: 512 bytes, or all there is.
ImageFormat IdentifyImage(std::span<const std::byte> head);

// For people: "a BitLocker volume", "a VHDX container", …
std::string DescribeImageFormat(ImageFormat format);

// What stands at offset 3 (the OEM id), printable: `"MSDOS5.0"`, `00 00 00 …`.
std::string DescribeOemId(std::span<const std::byte> head);

}  // namespace sidestream
