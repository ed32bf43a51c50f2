#include "ntfs/boot_sector.h"

#include "bytes.h"
#include "check.h"

using sidestream::ntfs::ParseBootSector;
using test::ABootSector;
using test::Bytes;

TEST("a boot sector gives sector, cluster and record sizes in bytes") {
  const auto boot = ParseBootSector(ABootSector(), 0);
  CHECK(boot.ok());
  CHECK_EQUAL(boot.value().bytes_per_sector, 512);
  CHECK_EQUAL(boot.value().bytes_per_cluster, 4096);
  CHECK_EQUAL(boot.value().record_size, 1024);
  CHECK_EQUAL(boot.value().cluster_count(), 100'000);
  CHECK_EQUAL(boot.value().serial, 0xF1CE);
}

TEST("sectors per cluster 0x80 is 128 and not -128, or 64 KiB clusters do not open") {
  const auto boot = ParseBootSector(ABootSector().U8(13, 0x80), 0);
  CHECK(boot.ok());
  CHECK_EQUAL(boot.value().bytes_per_cluster, 65536);
}

TEST("sectors per cluster 0xF4 is an exponent and makes clusters of 2 MiB") {
  const auto boot = ParseBootSector(ABootSector().U8(13, 0xF4).U64(48, 1), 0);
  CHECK(boot.ok());
  CHECK_EQUAL(boot.value().bytes_per_cluster, 2u << 20);
}

TEST("a positive record size counts clusters, as on disks with 4 KiB sectors") {
  const auto boot = ParseBootSector(ABootSector().U16(11, 4096).U8(13, 1).U8(64, 1), 0);
  CHECK(boot.ok());
  CHECK_EQUAL(boot.value().record_size, 4096);
}

TEST("every impossible value of a boot sector is refused, with its place on the volume") {
  const auto refused = [](Bytes boot, std::uint64_t at) {
    const auto result = ParseBootSector(boot, 1'000'000);
    CHECK(!result.ok());
    CHECK_EQUAL(result.error().volume_offset, 1'000'000 + at);
  };
  refused(ABootSector().Text(3, "-FVE-FS-"), 3);
  refused(ABootSector().U16(11, 0), 11);
  refused(ABootSector().U16(11, 513), 11);
  refused(ABootSector().U8(13, 0), 13);
  refused(ABootSector().U8(13, 3), 13);
  refused(ABootSector().U8(13, 0x81), 13);
  refused(ABootSector().U16(11, 4096).U8(13, 0xF4), 13);
  refused(ABootSector().U8(64, 0), 64);
  refused(ABootSector().U8(64, 0x80), 64);
  refused(ABootSector().U8(64, 127), 64);
  refused(ABootSector().U64(40, 0), 40);
  refused(ABootSector().U64(40, UINT64_MAX), 40);
  refused(ABootSector().U64(48, 100'000), 48);
}

TEST("a boot sector cut short is refused at any length") {
  const Bytes boot = ABootSector();
  for (std::size_t size = 0; size < 512; ++size) CHECK(!ParseBootSector(boot.First(size), 0).ok());
}
