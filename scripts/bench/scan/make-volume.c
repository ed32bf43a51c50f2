/* Fills a fresh NTFS volume with a tree like that of a used PC, through libntfs-3g and without a mount:
 * some ten thousand files a second.
 *
 *   make-volume IMAGE FILES
 *
 * 30 % of the files are marked; some have many streams, hard links, attribute lists or were deleted; $MFT
 * is broken into pieces. Left out on purpose, because peers that are timed beside us stop at it and would
 * look fast: unpaired surrogates and stream names over 128 units.
 * The same FILES gives the same tree; only the times differ. */
#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/bitmap.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/unistr.h>
#include <ntfs-3g/volume.h>

enum { FILES_A_FOLDER = 12, FOLDERS_A_FOLDER = 8, MFT_PIECES = 24 };

static ntfs_volume *volume;
static uint64_t state = 88172645463325252u;

/* xorshift64: the tree must be the same on every machine. */
static uint32_t draw(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % below;
}

static void die(const char *what) {
  fprintf(stderr, "make-volume: %s: %s\n", what, strerror(errno));
  exit(1);
}

static u8 units_of(const char *text, ntfschar **units) {
  *units = NULL;
  const int count = ntfs_mbstoucs(text, units);
  if (count < 0) die(text);
  return (u8)count;
}

static ntfs_inode *create(ntfs_inode *folder, const char *name, mode_t type) {
  ntfschar *units;
  const u8 count = units_of(name, &units);
  ntfs_inode *made = ntfs_create(folder, const_cpu_to_le32(0), units, count, type);
  free(units);
  if (made == NULL) die(name);
  return made;
}

static ntfs_inode *open_folder(MFT_REF folder) {
  ntfs_inode *opened = ntfs_inode_open(volume, folder);
  if (opened == NULL) die("folder");
  return opened;
}

/* The names in the folder's index get the final sizes; closing alone would open the folder a second time. */
static void close_in(ntfs_inode *folder, ntfs_inode *made) {
  if (ntfs_inode_close_in_dir(made, folder)) die("close");
}

static void add_stream(ntfs_inode *carrier, const char *name, const char *bytes, size_t size) {
  ntfschar *units;
  const u8 count = units_of(name, &units);
  if (ntfs_attr_add(carrier, AT_DATA, units, count, (const u8 *)bytes, (s64)size)) die(name);
  free(units);
}

static void write_content(ntfs_inode *file, size_t size) {
  static char bytes[8192];
  ntfs_attr *data = ntfs_attr_open(file, AT_DATA, AT_UNNAMED, 0);
  if (data == NULL) die("unnamed stream");
  if (ntfs_attr_pwrite(data, 0, (s64)size, bytes) != (s64)size) die("content");
  ntfs_attr_close(data);
}

/* As browsers write it. One in thirty has a presigned URL of up to 3 KiB, which does not fit the record. */
static void mark(ntfs_inode *file, uint32_t number) {
  static char text[4096];
  int length = snprintf(text, sizeof text,
                        "[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://www.vendor%u.example/downloads/"
                        "\r\nHostUrl=https://cdn%u.vendor%u.example/files/%08x/setup-%u.exe",
                        draw(400), draw(9), draw(400), draw(UINT32_MAX), number);
  if (draw(30) == 0) {
    text[length++] = '?';
    for (uint32_t more = 400 + draw(2600); more > 0; more--) text[length++] = (char)('a' + draw(26));
  }
  length += snprintf(text + length, sizeof text - (size_t)length, "\r\n");
  add_stream(file, "Zone.Identifier", text, (size_t)length);
}

static void add_many_streams(ntfs_inode *carrier, unsigned count) {
  char name[64], text[700];
  memset(text, 'p', sizeof text);
  for (unsigned i = 0; i < count; i++) {
    snprintf(name, sizeof name, "property %u", i);
    add_stream(carrier, name, text, draw(sizeof text));
  }
}

static void name_file(char *name, size_t room, uint32_t number) {
  static const char *const shapes[] = {"Report %u.docx", "setup-%u.exe", "IMG_%u.JPG", "Übersicht %u.xlsx",
                                       "invoice_%u (1).pdf", "計画書%u.txt", "package-%u.min.js"};
  snprintf(name, room, shapes[number % 7], number);
}

static void add_file(ntfs_inode *folder, uint32_t number) {
  char name[96];
  name_file(name, sizeof name, number);
  ntfs_inode *file = create(folder, name, S_IFREG);
  write_content(file, draw(10) < 3 ? 4096 : draw(300));
  if (draw(100) < 30) mark(file, number);
  if (draw(100) < 3) add_stream(file, "com.dropbox.attrs", "{\"com.dropbox.attributes\":\"eJyrVkrO\"}", 37);
  if (draw(2000) == 0) add_many_streams(file, 5 + draw(60));
  if (number % 50000 == 1) add_many_streams(file, 500);
  if (draw(100) < 2) {
    char link[112];
    ntfschar *units;
    snprintf(link, sizeof link, "Link to %s", name);
    const u8 count = units_of(link, &units);
    if (ntfs_link(file, folder, units, count)) die(link);
    free(units);
  }
  close_in(folder, file);
}

/* Leaves a record that is free and full of stale attributes, one stream among them. */
static void add_deleted_file(MFT_REF folder, uint32_t number) {
  ntfschar *units;
  const u8 count = units_of("deleted.tmp", &units);
  ntfs_inode *holder = open_folder(folder);
  ntfs_inode *gone = create(holder, "deleted.tmp", S_IFREG);
  mark(gone, number);
  if (ntfs_delete(volume, NULL, gone, holder, units, count)) die("delete"); /* closes both */
  free(units);
}

/* Takes the cluster right behind $MFT's last one, so that its next growth begins a new run. The cluster
 * belongs to nobody afterwards, which a check of the volume would call lost and a reader never sees. */
static void break_mft(void) {
  if (ntfs_attr_map_whole_runlist(volume->mft_na)) die("$MFT");
  const runlist_element *run = volume->mft_na->rl;
  while (run[1].length > 0) run++;
  const s64 behind = run->lcn + run->length;
  u8 byte = 0;
  if (ntfs_attr_pread(volume->lcnbmp_na, behind / 8, 1, &byte) != 1) die("$Bitmap");
  if (byte >> (behind % 8) & 1) return;
  if (ntfs_bitmap_set_run(volume->lcnbmp_na, behind, 1)) die("$Bitmap");
  volume->free_clusters--;
}

static void add_folder(MFT_REF *folder_of, uint32_t i) {
  char name[64];
  snprintf(name, sizeof name, i % 3 ? "Project folder %u" : "data-%u", i);
  ntfs_inode *parent = open_folder(folder_of[(i - 1) / FOLDERS_A_FOLDER]);
  ntfs_inode *made = create(parent, name, S_IFDIR);
  folder_of[i] = made->mft_no;
  if (draw(100) == 0) add_stream(made, "desktop.note", "a stream of a folder", 20);
  close_in(parent, made);
  if (ntfs_inode_close(parent)) die("folder");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: make-volume IMAGE FILES\n");
    return 2;
  }
  const uint32_t files = (uint32_t)strtoul(argv[2], NULL, 10);
  const uint32_t folders = files / FILES_A_FOLDER + 1;
  MFT_REF *const folder_of = calloc(folders, sizeof *folder_of);
  if (folder_of == NULL) die("memory");
  setlocale(LC_ALL, "C.UTF-8");
  ntfs_set_char_encoding("C.UTF-8");
  volume = ntfs_mount(argv[1], NTFS_MNT_NONE);
  if (volume == NULL) die(argv[1]);
  folder_of[0] = FILE_root;
  for (uint32_t i = 0; i < folders; i++) {
    if (i > 0) add_folder(folder_of, i);
    ntfs_inode *folder = open_folder(folder_of[i]);
    for (uint32_t n = 0; n < FILES_A_FOLDER; n++) add_file(folder, i * FILES_A_FOLDER + n);
    if (ntfs_inode_close(folder)) die("close");
    if (draw(5) == 0) add_deleted_file(folder_of[i], i);
    if (i % (folders / MFT_PIECES + 1) == 0) break_mft();
  }
  free(folder_of);
  if (ntfs_umount(volume, FALSE)) die("unmount");
  return 0;
}
