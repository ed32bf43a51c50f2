#include "ntfs/fixup.h"

#include "bytes.h"
#include "check.h"

using sidestream::ntfs::ApplyFixup;
using test::AFileRecord;
using test::Bytes;

namespace {

// A record filled to its end, so that both words that a fixup replaces hold real data.
Bytes AFullRecord() {
  Bytes value(900);
  for (std::size_t i = 0; i < value.size(); ++i) value.U8(i, static_cast<unsigned>(i * 7 + 1));
  return AFileRecord({test::AResidentAttribute(0x80, u"s", value)});
}

}  // namespace

TEST("fixup puts back the two bytes at the end of each 512-byte stride") {
  Bytes record = AFullRecord();
  const Bytes raw = record;
  CHECK(!ApplyFixup(record.writable(), 0));
  CHECK(record[510] == raw[50] && record[511] == raw[51]);
  CHECK(record[1022] == raw[52] && record[1023] == raw[53]);
}

TEST("a stride that lacks the check value is a torn write, located on the volume") {
  Bytes record = AFullRecord().U16(1022, 0x9999);
  const auto fault = ApplyFixup(record.writable(), 4096);
  CHECK(fault.has_value());
  CHECK_EQUAL(fault->volume_offset, 4096 + 1022);
  CHECK_EQUAL(fault->expected, 0x1234);
  CHECK_EQUAL(fault->actual, 0x9999);
}

TEST("a mismatch past the used bytes is harmless: nothing lives there") {
  Bytes record = AFileRecord({test::AResidentAttribute(0x80, u"s", Bytes{1, 2, 3})});
  record.U16(1022, 0x9999);
  CHECK(!ApplyFixup(record.writable(), 0));
}

TEST("records of 4 KiB have eight strides, whatever the sector size") {
  Bytes record = AFileRecord({test::AResidentAttribute(0x80, u"s", Bytes(3900))}, 4096);
  CHECK(!ApplyFixup(record.writable(), 0));
  Bytes torn = AFileRecord({test::AResidentAttribute(0x80, u"s", Bytes(3900))}, 4096);
  torn.U16(512 * 5 - 2, 0);
  CHECK_EQUAL(ApplyFixup(torn.writable(), 0)->volume_offset, 512 * 5 - 2);
}

TEST("NT 4's update sequence at offset 42 is accepted, anything before it is not") {
  Bytes old = AFileRecord({});
  old.U16(42, 0x1234).U16(4, 42);
  CHECK(!ApplyFixup(old.writable(), 0));
  CHECK(ApplyFixup(AFileRecord({}).U16(4, 40).writable(), 0).has_value());
}

TEST("an update sequence of the wrong count or over the first stride's end is refused") {
  CHECK(ApplyFixup(AFullRecord().U16(6, 2).writable(), 0).has_value());
  CHECK(ApplyFixup(AFullRecord().U16(6, 0).writable(), 0).has_value());
  CHECK(ApplyFixup(AFullRecord().U16(4, 506).writable(), 0).has_value());
  CHECK(ApplyFixup(AFullRecord().U16(4, 0xFFFF).writable(), 0).has_value());
  Bytes odd(700);
  CHECK(ApplyFixup(odd.writable(), 0).has_value());
}
