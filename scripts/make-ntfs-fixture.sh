#!/usr/bin/env bash
# Makes test/fixtures/volumes/office-pc.img.gz: a small NTFS volume that looks like one office PC's disk
# and holds one of everything that alternate data streams do in practice.
#
#   sudo scripts/make-ntfs-fixture.sh [OUTPUT.img.gz]
#
# Needs root, mkntfs and ntfs-3g (apt-get install ntfs-3g), FUSE, perl and gzip. The result is committed,
# so only somebody who changes the fixture has to run this. Besides the image it writes a listing of the
# truth, office-pc.tsv (path, stream, size, SHA-256), read back through ntfs-3g and not by our code.
#
# The installer's bytes are also used by the demo: "MZ", then the line below over and over, 20480 bytes
# in all. Make them with:
#   { printf 'MZ'; yes 'Acme Setup 4.2 - a harmless stand-in for an installer.'; } | head -c 20480
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC

here=$(cd "$(dirname "$0")/.." && pwd)
output=${1:-$here/test/fixtures/volumes/office-pc.img.gz}
truth=${output%.img.gz}.tsv
work=$(mktemp -d)
mounted=$work/mnt
image=$work/office-pc.img

cleanup() {
  mountpoint -q "$mounted" && umount "$mounted"
  rm -rf "$work"
}
trap cleanup EXIT
die() { echo "make-ntfs-fixture: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die 'needs root, to mount the volume'
for tool in mkntfs ntfs-3g perl gzip setfattr getfattr; do
  command -v "$tool" >/dev/null || die "needs $tool: apt-get install ntfs-3g perl gzip attr"
done

mkdir "$mounted"
truncate -s 24M "$image"
mkntfs --quick --force --quiet --label 'OFFICE-PC' --cluster-size 4096 "$image" 2>/dev/null
mount_volume() { ntfs-3g -o streams_interface=windows,norecover "$image" "$mounted"; }
mount_volume
cd "$mounted"

# mark FILE URL REFERRER: what a browser on Windows writes, CRLF and all.
mark() { printf '[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=%s\r\nHostUrl=%s\r\n' "$3" "$2" >"$1:Zone.Identifier"; }
installer() { { printf 'MZ'; yes 'Acme Setup 4.2 - a harmless stand-in for an installer.' || true; } | head -c 20480; }
# Bytes that look like an executable and are none: a DOS header's "MZ", then text. ~6 KB: not resident.
payload() { { printf 'MZ\x90\x00\x03\x00\x00\x00'; yes 'This program cannot be run: it is a test payload of Sidestream.' || true; } | head -c 6000; }

mkdir -p Windows/System32 'Program Files/Acme' Users/Public/Downloads Users/Public/Documents \
  Users/anna/Documents/Projects/2026 Users/anna/Downloads Users/anna/Desktop
echo 'kernel32 stand-in' >Windows/System32/kernel32.dll
installer >'Program Files/Acme/AcmeSetup-4.2.exe'   # the same bytes, unmarked

# --- the marked installer that this is all about
downloads=Users/Public/Downloads
installer >$downloads/AcmeSetup-4.2.exe
mark $downloads/AcmeSetup-4.2.exe https://downloads.acme.example/AcmeSetup-4.2.exe https://www.acme.example/downloads
echo 'Write-Output "no mark here"' >$downloads/deploy.ps1

# --- Office documents from mail and the web
for name in Budget.xlsm Minutes.docx Offer.docm; do
  printf 'PK\003\004 %s' "$name" >Users/anna/Documents/"$name"
  mark Users/anna/Documents/"$name" "https://mail.example.com/attachments/$name" https://mail.example.com/
done
printf '[ZoneTransfer]\r\nZoneId=2\r\n' >'Users/anna/Documents/Offer.docm:Zone.Identifier'
# Written by a program that used UTF-16LE with a byte order mark, as the API allows.
printf 'PK\003\004' >Users/anna/Downloads/Übersicht.zip
{ printf '\xff\xfe'; printf '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://bücher.example/Übersicht.zip\r\n' | iconv -f UTF-8 -t UTF-16LE; } \
  >Users/anna/Downloads/Übersicht.zip:Zone.Identifier
# A presigned URL: the mark does not fit into the file's record any more.
printf 'PK\003\004' >Users/anna/Downloads/export.zip
mark Users/anna/Downloads/export.zip "https://bucket.storage.example/export.zip?X-Signature=$(head -c 2400 /dev/zero | tr '\0' 'a')" about:internet

# --- hidden: an executable in a stream of a harmless document
printf '%%PDF-1.4 invoice 4711\n' >Users/anna/Documents/invoice.pdf
payload >Users/anna/Documents/invoice.pdf:update.exe

# --- harmless writers: Dropbox, macOS through SMB, Windows thumbnails of old
echo 'photo' >Users/anna/Desktop/photo.jpg
printf '{"com.dropbox.attributes":"eJyrVkrOz0tJrSoBAAwdAv4="}' >Users/anna/Desktop/photo.jpg:com.dropbox.attrs
{ printf 'AFP\0\0\0\001\0'; head -c 52 /dev/zero; } >Users/anna/Desktop/photo.jpg:AFP_AfpInfo
: >Users/anna/Desktop/photo.jpg:empty
# Streams on a directory, and on the root itself.
echo 'a note about this folder' >Users/anna/Documents/Projects:note.txt
echo 'a note on the root' >.:root-note
# 100 KB in a stream, in clusters of its own.
echo 'log' >Users/anna/Desktop/notes.txt
{ yes 'a hundred kilobytes of something that is not the file' || true; } | head -c 102400 >Users/anna/Desktop/notes.txt:archive
# One carrier, two paths.
installer >Users/anna/Downloads/AcmeSetup-4.2.exe
mark Users/anna/Downloads/AcmeSetup-4.2.exe https://downloads.acme.example/AcmeSetup-4.2.exe https://www.acme.example/downloads
ln Users/anna/Downloads/AcmeSetup-4.2.exe 'Users/anna/Desktop/Setup link.exe'
# Names that text tools stumble over: an emoji (a surrogate pair), a control character, "$DATA", and,
# made further down, half a surrogate pair.
echo 'odd' >Users/anna/Documents/odd-names.bin
echo 'party' >'Users/anna/Documents/odd-names.bin:🎉 party'
echo 'bell' >"Users/anna/Documents/odd-names.bin:$(printf 'be\007ll')"
echo 'data' >'Users/anna/Documents/odd-names.bin:$DATA'
# (In a file of its own, so that the name does not lie across a fixup word.)
echo 'odd' >Users/anna/Documents/half-a-pair.bin
echo 'lone' >Users/anna/Documents/half-a-pair.bin:loneXsurrogate
echo '文書' >Users/anna/Documents/Projects/2026/計画書.txt
mark Users/anna/Documents/Projects/2026/計画書.txt https://例え.example/計画書 https://例え.example/
# More streams than one record holds: an attribute list, which itself outgrows the record.
echo 'many' >Users/anna/Documents/many-streams.dat
for i in $(seq -w 1 80); do
  echo "value of property $i" >"Users/anna/Documents/many-streams.dat:property-$i"
done
head -c 9000 /dev/zero | tr '\0' 'z' >Users/anna/Documents/many-streams.dat:large-among-many

# --- a fragmented $MFT: with the disk full, each cluster given back is taken by the next new records
dd if=/dev/zero of=filler bs=64K status=none 2>/dev/null || true
for round in $(seq 1 12); do
  truncate -s -32768 filler
  for i in $(seq 1 12); do echo "$round.$i" >"Windows/System32/module-$round-$i.dll" || true; done
done
mark Windows/System32/module-12-12.dll https://downloads.acme.example/module.dll https://www.acme.example/
rm filler

# --- deleted: its record stays on the disk and must not be listed
echo 'gone' >$downloads/deleted.exe
mark $downloads/deleted.exe https://deleted.example/ https://deleted.example/
rm $downloads/deleted.exe

# Fixed times. Depth first, because writing into a directory moves its time.
find . -depth -mindepth 1 -exec touch -h -d '2026-03-02T08:00:00Z' {} +
touch -d '2026-02-17T14:23:05.1234567Z' $downloads/AcmeSetup-4.2.exe Users/anna/Downloads/AcmeSetup-4.2.exe
touch -d '2026-03-02T08:00:00Z' .

# The truth, through ntfs-3g: every stream it lists for every path, read and hashed.
{
  find . -print0 | sort -z | while IFS= read -r -d '' path; do
    getfattr --absolute-names --only-values -n ntfs.streams.list "$path" 2>/dev/null |
      perl -0 -ne 'chomp; print "$_\0"' |
      while IFS= read -r -d '' stream; do
        [ -n "$stream" ] || continue
        shown=${path#./}
        printf '%s\t%s\t%s\t%s\n' "${shown//\//\\}" "$stream" "$(stat -c %s "$path:$stream")" \
          "$(sha256sum <"$path:$stream" | cut -d' ' -f1)"
      done
  done
} >"$work/truth.tsv"

cd /
umount "$mounted"

# Half a surrogate pair cannot be written through a mount: put U+D800 in place of the X, in the record
# and in the sorted attribute list alike. And a fixed serial number, in both boot sectors.
perl -e '
  my ($file) = @ARGV;
  open(my $image, "+<:raw", $file) or die "$file: $!";
  local $/; my $bytes = <$image>;
  my ($old, $new) = map { my $s = $_; $s =~ s/(.)/$1\0/g; $s } ("loneXsurrogate", "lone#surrogate");
  $new =~ s/#\0/\x00\xd8/;
  my $count = ($bytes =~ s/\Q$old\E/$new/g);
  $count >= 1 or die "placeholder not found";
  my $serial = pack("Q<", 0x0FF1CE0000000042);
  substr($bytes, 72, 8) = $serial;
  substr($bytes, length($bytes) - 512 + 72, 8) = $serial;
  seek($image, 0, 0); print $image $bytes;
' "$image"
sed 's/loneXsurrogate/lone\\uD800surrogate/' "$work/truth.tsv" >"$truth"

gzip -9n <"$image" >"$output"
ls -l "$output" "$truth"
