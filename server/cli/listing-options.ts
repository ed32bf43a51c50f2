/** `sidestream scan` and `show`, and their options. */
import { type Command, Option } from 'commander'
import type { CliContext } from './cli-context.ts'
import { listingFormat, nonEmpty, outputFormat, smbConf, verbose } from './common-options.ts'
import type { ScanFlags } from './scan-command.ts'
import type { ShowFlags } from './show-command.ts'

export function addListings(program: Command, context: CliContext): void {
  addScan(program, context)
  addShow(program, context)
}

function addScan(program: Command, { terminal, finish }: CliContext): void {
  program
    .command('scan')
    .description('List the streams of volumes, disk images, folders or files.')
    .argument('<target...>', 'C:, \\\\.\\C:, /dev/sdb1, disk.img, a folder or a file')
    .addOption(listingFormat())
    .option('--hash', 'SHA-256 of every stream')
    .option('--content', 'content as base64, up to 1 MiB a stream (ndjson and csv)')
    .option('--stream <glob>', 'only streams of this name, e.g. "Zone.*"', nonEmpty)
    .option('--all', 'also the streams of NTFS itself ($Secure:$SDS, …)')
    .option('--deleted', 'also streams of deleted files (volumes and images read raw)')
    .addOption(smbConf())
    .option('--errors <file>', 'write what could not be read to this file, as NDJSON', nonEmpty)
    .option('--no-progress', 'no progress bar on a terminal')
    .addOption(verbose())
    .action(async (targets: string[], flags: ScanFlags) => {
      const { runScan } = await import('./scan-command.ts')
      finish(await runScan(targets, flags, terminal))
    })
}

function addShow(program: Command, { terminal, finish }: CliContext): void {
  program
    .command('show')
    .description('Explain the streams of one file or folder, or print the content of one.')
    .argument('<target>', 'a file, a folder, a volume or a disk image')
    .argument(
      '[path-in-image]',
      'the file or folder inside the volume or image; its root if left out',
    )
    .option('--stream <name>', 'print the content of this stream', nonEmpty)
    .addOption(smbConf())
    .addOption(new Option('--raw', 'its bytes as they are').conflicts('hex'))
    .option('--hex', 'its bytes as a hex dump')
    .addOption(outputFormat())
    .addOption(verbose())
    .action(async (target: string, path: string | undefined, flags: ShowFlags) => {
      const { runShow } = await import('./show-command.ts')
      finish(await runShow(target, path ?? null, flags, terminal))
    })
}
