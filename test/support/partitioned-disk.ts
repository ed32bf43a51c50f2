/** Disks with an MBR, made of volumes' images. */
const SECTOR = 512
const NTFS = 7
const EXTENDED = 5

/** Each volume is a primary partition, in order, from 1 on; at most four of them. */
export function mbrDisk(volumes: readonly Buffer[]): Buffer {
  const table = aTable()
  let sector = 1
  volumes.forEach((volume, at) => {
    writeEntry(table, at, NTFS, sector, volume.length / SECTOR)
    sector += volume.length / SECTOR
  })
  return Buffer.concat([table, ...volumes])
}

/** As {@link mbrDisk}, and `logical` as partition 5; the table that leads to it lies at `linkAt`. */
export function diskWithLogicalPartition(
  primary: readonly Buffer[],
  logical: Buffer,
): { disk: Buffer; linkAt: number } {
  const disk = mbrDisk(primary)
  const sectors = logical.length / SECTOR
  writeEntry(disk, primary.length, EXTENDED, disk.length / SECTOR, sectors + 1)
  const link = aTable()
  writeEntry(link, 0, NTFS, 1, sectors)
  return { disk: Buffer.concat([disk, link, logical]), linkAt: disk.length }
}

function aTable(): Buffer {
  const table = Buffer.alloc(SECTOR)
  table.writeUInt16LE(0xaa55, SECTOR - 2)
  return table
}

function writeEntry(table: Buffer, at: number, type: number, first: number, sectors: number): void {
  const entry = 446 + 16 * at
  table.writeUInt8(type, entry + 4)
  table.writeUInt32LE(first, entry + 8)
  table.writeUInt32LE(sectors, entry + 12)
}
